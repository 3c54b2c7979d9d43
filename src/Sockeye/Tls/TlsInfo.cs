using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The result of a TLS handshake.</summary>
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

    /// <summary>Gets the version of TLS.</summary>
    public SslProtocols Protocol { get; }

    /// <summary>Gets the cipher suite.</summary>
    public TlsCipherSuite CipherSuite { get; }

    /// <summary>Gets the application protocol of ALPN (RFC 7301), such as "h2"; null if none was negotiated. Bytes that are not
    /// text are in hexadecimal (<see cref="PrintableText"/>).</summary>
    public string? ApplicationProtocol { get; }

    /// <summary>Gets the name that the client requested (SNI, RFC 6066, section 3), as on the wire: an internationalized name is
    /// in Punycode (<c>xn--bcher-kva.example</c>). Null if the client requested none. The name is escaped for printing
    /// (<see cref="PrintableText"/>), but otherwise unchecked.</summary>
    public string? ServerName { get; }

    /// <summary>Gets the peer's certificate; null if it sent none.</summary>
    public X509Certificate2? RemoteCertificate { get; }

    /// <summary>Gets the certificate of this side; null if it sent none.</summary>
    public X509Certificate2? LocalCertificate { get; }

    private static X509Certificate2? ToCertificate2(X509Certificate? certificate) =>
        certificate is null ? null : certificate as X509Certificate2 ?? new(certificate);
}

/// <summary>Gives access to the TLS data of a connection.</summary>
public static class ConnectionContextTlsExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>Gets the result of the TLS handshake; null if <c>UseTls</c> does not encrypt the connection.</summary>
        public TlsInfo? Tls => connection.Features.Get<ITlsInfoFeature>()?.Info;
    }
}
