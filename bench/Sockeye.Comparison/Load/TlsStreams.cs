using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Comparison.Load;

/// <summary>The TLS of the load, which is TLS 1.3, and the certificate of the servers.</summary>
internal static class TlsStreams
{
    private const string Host = "localhost";

    public static async Task<SslStream> ConnectAsync(
        IDuplexPipe transport, bool resumes, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new PipeStream(transport));
        await stream.AuthenticateAsClientAsync(
            new()
            {
                TargetHost = Host,
                EnabledSslProtocols = SslProtocols.Tls13,
                AllowTlsResume = resumes,
                // Each server creates a certificate, which no authority has signed: only its name can be checked.
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == $"CN={Host}",
            },
            cancellationToken);
        return stream;
    }

    public static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
