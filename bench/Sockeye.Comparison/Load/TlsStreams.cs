using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Comparison.Load;

/// <summary>TLS 1.3 over a connection's pipes, with one certificate made at start.</summary>
internal static class TlsStreams
{
    private const string Host = "localhost";

    private static readonly Lazy<SslServerAuthenticationOptions> ServerOptions = new(() => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(CreateCertificate(), additionalCertificates: null),
        EnabledSslProtocols = SslProtocols.Tls13,
    });

    public static async Task<SslStream> AcceptAsync(IDuplexPipe transport)
    {
        var stream = new SslStream(new PipeStream(transport));
        await stream.AuthenticateAsServerAsync(ServerOptions.Value);
        return stream;
    }

    public static async Task<SslStream> ConnectAsync(IDuplexPipe transport, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new PipeStream(transport));
        await stream.AuthenticateAsClientAsync(
            new()
            {
                TargetHost = Host,
                EnabledSslProtocols = SslProtocols.Tls13,
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
