using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// Parses a network of a command line or a configuration: 10.0.0.0/8, 192.0.2.7, 2001:db8::/32, or localhost.
/// </summary>
internal static class NetworkText
{
    public const string Forms = "10.0.0.0/8, 192.0.2.7, 2001:db8::/32 or localhost";

    private static readonly IPNetwork[] Localhost = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>Returns the networks. Returns null and an error for other text.</summary>
    public static IPNetwork[]? Parse(string text, out string? error)
    {
        error = null;
        if (text.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return Localhost;

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var written = slash < 0 ? text : text[..slash];
        var isAddress = IPAddress.TryParse(written, out var address);
        // IPAddress also accepts "10", "10.1" and "012.0.0.1". HostText rejects them, and says why.
        var isIPv4 = address?.AddressFamily is AddressFamily.InterNetwork;
        if (!isAddress || (isIPv4 && HostText.Parse(written, out _) is not null))
        {
            error = $"\"{text}\" is not a network. Write {Forms}.";
            return null;
        }

        var bits = address!.AddressFamily is AddressFamily.InterNetwork ? 32 : 128;
        var length = bits;
        if (slash >= 0 && !(int.TryParse(text[(slash + 1)..], out length) && length >= 0 && length <= bits))
        {
            error = $"\"{text}\" is not a network: its prefix is a number from 0 to {bits}.";
            return null;
        }

        var network = new IPNetwork(Masked(address, length), length);
        if (!network.BaseAddress.Equals(address))
        {
            error = $"\"{text}\" has bits beyond its prefix. Write {network}, or {address} for the one address.";
            return null;
        }

        return [network];
    }

    private static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new(bytes);
    }
}
