using System.Globalization;
using System.Net;

namespace Sockeye;

/// <summary>Formats values for the sentences of errors and logs.</summary>
internal static class DisplayText
{
    /// <summary>
    /// Formats an endpoint as host and port, without the address family that <see cref="DnsEndPoint"/> puts before it.
    /// </summary>
    public static string Format(EndPoint endpoint) =>
        PrintableText.Escape(endpoint is DnsEndPoint name ? $"{name.Host}:{name.Port}" : $"{endpoint}");

    public static string Format(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s");
}
