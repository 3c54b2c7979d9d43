using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// Addresses as they are written on command lines and in configuration: 10.0.0.0/8, 192.0.2.7, 2001:db8::/32, or localhost.
/// </summary>
internal static class NetworkText
{
    public const string Forms = "10.0.0.0/8, 192.0.2.7, 2001:db8::/32 or localhost";

    private static readonly IPNetwork[] Localhost = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>Null, and why, for what is none.</summary>
    public static IPNetwork[]? Parse(string text, out string? error)
    {
        error = null;
        if (text.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return Localhost;

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var isAddress = IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address);
        // IPAddress also takes "10" and "10.1"; here those would be surprises.
        if (!isAddress || (address!.AddressFamily is AddressFamily.InterNetwork && text.Count(c => c == '.') != 3))
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
