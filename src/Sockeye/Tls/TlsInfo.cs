using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>What the two sides agreed on in the TLS handshake.</summary>
public sealed class TlsInfo
{
    internal TlsInfo(SslStream ssl, string? serverName)
    {
        (Protocol, CipherSuite, ServerName) = (ssl.SslProtocol, ssl.NegotiatedCipherSuite, serverName);
        var application = ssl.NegotiatedApplicationProtocol;
        ApplicationProtocol = application.Protocol.IsEmpty ? null : PrintableText.Escape(application.Protocol.Span);
        RemoteCertificate = ToCertificate2(ssl.RemoteCertificate);
        LocalCertificate = ToCertificate2(ssl.LocalCertificate);
    }

    /// <summary>The version of TLS.</summary>
    public SslProtocols Protocol { get; }

    /// <summary>The cipher suite.</summary>
    public TlsCipherSuite CipherSuite { get; }

    /// <summary>The application protocol of ALPN (RFC 7301), as "h2"; null where none was agreed on. What is no text is in
    /// hexadecimal (<see cref="PrintableText"/>).</summary>
    public string? ApplicationProtocol { get; }

    /// <summary>The name that the client asked for (SNI, RFC 6066, section 3), as it crosses the wire: a name of another alphabet
    /// is in Punycode (<c>xn--bcher-kva.example</c>). Null where it named none. The client chose it: it is escaped to be printed
    /// (<see cref="PrintableText"/>), and otherwise not checked.</summary>
    public string? ServerName { get; }

    /// <summary>The peer's certificate; null where it showed none.</summary>
    public X509Certificate2? RemoteCertificate { get; }

    /// <summary>The certificate that this side showed; null where it showed none.</summary>
    public X509Certificate2? LocalCertificate { get; }

    private static X509Certificate2? ToCertificate2(X509Certificate? certificate) =>
        certificate is null ? null : certificate as X509Certificate2 ?? new(certificate);
}

/// <summary>What Sockeye adds to connections that TLS encrypts.</summary>
public static class ConnectionContextTlsExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>What was agreed on in the TLS handshake; null where <c>UseTls</c> does not encrypt the connection.</summary>
        public TlsInfo? Tls => connection.Features.Get<ITlsInfoFeature>()?.Info;
    }
}
