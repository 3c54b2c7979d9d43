using System.Globalization;
using System.Net;

namespace Sockeye;

/// <summary>Values as the sentences of errors and logs name them.</summary>
internal static class DisplayText
{
    /// <summary>An endpoint as people write it: <see cref="DnsEndPoint"/> would put an address family before it.</summary>
    public static string Format(EndPoint endpoint) =>
        PrintableText.Escape(endpoint is DnsEndPoint name ? $"{name.Host}:{name.Port}" : $"{endpoint}");

    public static string Format(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s");
}
