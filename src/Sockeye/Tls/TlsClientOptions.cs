using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>The TLS options of a client. They are read when <c>UseTls</c> returns.</summary>
public sealed class TlsClientOptions
{
    private const int FingerprintLength = 32;

    internal TlsClientOptions()
        : this(new() { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, AllowRenegotiation = false })
    {
    }

    internal TlsClientOptions(SslClientAuthenticationOptions authentication) => Authentication = authentication;

    /// <summary>
    /// Gets .NET's own options: ALPN, client certificates, cipher suites and others. They are preset to TLS 1.2 and 1.3. If
    /// <c>TargetHost</c> is null, the host of the connect call is used.
    /// </summary>
    public SslClientAuthenticationOptions Authentication { get; }

    /// <summary>Gets or sets the maximum time for a handshake, after the TCP connect. Default: 10 s. Range: 100 ms to
    /// 1 hour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan HandshakeTimeout
    {
        get;
        set => field = TlsLimits.ValidateTimeout(value, nameof(HandshakeTimeout));
    } = TlsLimits.DefaultHandshakeTimeout;

    /// <summary>
    /// Gets or sets the SHA-256 fingerprint of the only accepted certificate, regardless of its signer, names and dates, in hex,
    /// with or without colons. Default: null, which means normal validation. <see cref="TlsCertificates.Fingerprint"/> computes
    /// it.
    /// </summary>
    /// <exception cref="ArgumentException">The value is not 32 bytes in hex.</exception>
    public string? PinnedFingerprint
    {
        get;
        set
        {
            if (value is not null && ParseFingerprint(value) is null)
            {
                throw new ArgumentException(
                    $"PinnedFingerprint is {value}, but a SHA-256 fingerprint is 32 bytes in hex (AB:CD:…).",
                    nameof(PinnedFingerprint));
            }

            field = value;
        }
    }

    /// <summary>Gets or sets the authorities that are trusted to sign the server's certificate. Default: null, which means those
    /// of the system. The list may also contain a server's self-signed certificate.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; set; }

    /// <summary>The fingerprint as bytes; null if none is pinned.</summary>
    internal byte[]? Pin => PinnedFingerprint is null ? null : ParseFingerprint(PinnedFingerprint);

    private static byte[]? ParseFingerprint(string fingerprint)
    {
        var hex = fingerprint.Replace(":", "", StringComparison.Ordinal);
        return hex.Length == 2 * FingerprintLength && hex.All(char.IsAsciiHexDigit) ? Convert.FromHexString(hex) : null;
    }
}
