using System.Net.Security;

namespace Sockeye;

/// <summary>The values of an endpoint's TLS options when <c>UseTls</c> took them. Immutable.</summary>
/// <param name="Authentication">A copy of .NET's own options, with the checks of Sockeye.</param>
/// <param name="Certificates">The certificates; the first one is for clients that request no name.</param>
/// <param name="HandshakeTimeout">The maximum time for a handshake.</param>
/// <param name="MaxHandshakes">The maximum number of concurrent handshakes.</param>
internal sealed record TlsServerConfiguration(
    SslServerAuthenticationOptions Authentication,
    IReadOnlyList<CertificateSource> Certificates,
    TimeSpan HandshakeTimeout,
    int MaxHandshakes);
