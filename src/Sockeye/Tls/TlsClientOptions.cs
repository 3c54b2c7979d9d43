using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>How a client speaks TLS. Read when <c>UseTls</c> returns.</summary>
public sealed class TlsClientOptions
{
    private const int FingerprintLength = 32;

    internal TlsClientOptions()
        : this(new() { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, AllowRenegotiation = false })
    {
    }

    internal TlsClientOptions(SslClientAuthenticationOptions authentication) => Authentication = authentication;

    /// <summary>
    /// .NET's own options: ALPN, client certificates, cipher suites and so on. Preset to TLS 1.2 and 1.3. Where
    /// <c>TargetHost</c> is null, it is the name or address that is dialled.
    /// </summary>
    public SslClientAuthenticationOptions Authentication { get; }

    /// <summary>How long a handshake may take, after the connection stands; default 10 s. Range: 100 ms to 1 hour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public TimeSpan HandshakeTimeout
    {
        get;
        set => field = TlsLimits.ValidateTimeout(value, nameof(HandshakeTimeout));
    } = TlsLimits.DefaultHandshakeTimeout;

    /// <summary>
    /// Accepts exactly the certificate with this SHA-256 fingerprint, whoever signed it, whatever its names and dates: hex, with
    /// colons or without. Default null: certificates are judged as usual. <see cref="TlsCertificates.Fingerprint"/> tells it.
    /// </summary>
    /// <exception cref="ArgumentException">It is not 32 bytes in hex.</exception>
    public string? PinnedFingerprint
    {
        get;
        set
        {
            if (value is not null && ParseFingerprint(value) is null)
            {
                throw new ArgumentException(
                    $"PinnedFingerprint is {value}, but a SHA-256 fingerprint is 32 bytes in hex, as AB:CD:….", nameof(value));
            }

            field = value;
        }
    }

    /// <summary>Who is trusted to sign the server's certificate, instead of the system's authorities; default null: those.
    /// A server's self-signed certificate can stand here as well.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; set; }

    /// <summary>The fingerprint as bytes; null where none is pinned.</summary>
    internal byte[]? Pin => PinnedFingerprint is null ? null : ParseFingerprint(PinnedFingerprint);

    private static byte[]? ParseFingerprint(string fingerprint)
    {
        var hex = fingerprint.Replace(":", "", StringComparison.Ordinal);
        return hex.Length == 2 * FingerprintLength && hex.All(char.IsAsciiHexDigit) ? Convert.FromHexString(hex) : null;
    }
}
