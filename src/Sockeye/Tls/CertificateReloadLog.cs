using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Logs reloaded certificates.</summary>
internal sealed partial class CertificateReloadLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    public void OnReloaded(string path, X509Certificate2 certificate) =>
        LogReloaded(path, TlsCertificates.Fingerprint(certificate), certificate.NotAfter.ToUniversalTime());

    public void OnReloadFailed(string path, X509Certificate2 kept, Exception error) =>
        LogReloadFailed(error, path, TlsCertificates.Fingerprint(kept), kept.NotAfter.ToUniversalTime(), error.Message);

    [LoggerMessage(1501, LogLevel.Information,
        "New connections get the new certificate in {Path}: fingerprint {Fingerprint}, valid until {NotAfter:u}.")]
    private partial void LogReloaded(string path, string fingerprint, DateTime notAfter);

    [LoggerMessage(1502, LogLevel.Warning,
        "{Path} has changed, but cannot be used. The previous certificate is kept (fingerprint {Fingerprint}, valid until " +
        "{NotAfter:u}), and the files are tried again while clients connect: {Error}")]
    private partial void LogReloadFailed(Exception exception, string path, string fingerprint, DateTime notAfter, string error);
}
