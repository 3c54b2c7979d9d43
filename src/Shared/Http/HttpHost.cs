using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The host and port that a request is for (RFC 9110, section 7.2).</summary>
/// <remarks>
/// <code>
/// localhost:7001      name or IPv4 address, then ":" port if it is not the scheme's default
/// [::1]:7001          an IPv6 address is in brackets
/// </code>
/// </remarks>
internal static class HttpHost
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "!$%&'()*+,-._~;=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Returns whether the text has that form. Empty text does.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> port;
        if (text is ['[', ..])
        {
            var end = text.IndexOf(']');
            if (end < 0 || !IPAddress.TryParse(text[1..end], out var address)
                || address.AddressFamily is not AddressFamily.InterNetworkV6)
            {
                return false;
            }

            port = text[(end + 1)..];
        }
        else
        {
            var colon = text.IndexOf(':');
            var name = colon < 0 ? text : text[..colon];
            if (name.ContainsAnyExcept(NameCharacters))
                return false;
            port = text[name.Length..];
        }

        return port.IsEmpty || (port[0] == ':' && !port[1..].ContainsAnyExceptInRange('0', '9'));
    }
}
