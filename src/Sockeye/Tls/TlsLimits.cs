using System.Security.Authentication;

namespace Sockeye;

/// <summary>Validates options that both sides have.</summary>
internal static class TlsLimits
{
    public static readonly TimeSpan DefaultHandshakeTimeout = TimeSpan.FromSeconds(10);

    private const SslProtocols Allowed = SslProtocols.Tls12 | SslProtocols.Tls13;

    public static TimeSpan ValidateTimeout(TimeSpan value, string name) =>
        OptionChecks.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), name);

    /// <summary>Returns the protocols, or TLS 1.2 and 1.3 if there are none. Throws for older versions.</summary>
    public static SslProtocols ValidateProtocols(SslProtocols protocols)
    {
        if ((protocols & ~Allowed) != 0)
        {
            throw new ArgumentException(
                $"EnabledSslProtocols is {protocols}, but versions before TLS 1.2 are broken (RFC 8996): leave it at None, or "
                    + "use Tls12 | Tls13.");
        }

        return protocols is SslProtocols.None ? Allowed : protocols;
    }
}
