using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// Parses addresses and numbers of version 1 strictly. Other forms that <see cref="IPAddress"/> accepts (octal numbers, "127.1",
/// scopes, brackets) would let two programs read two addresses in one line.
/// </summary>
internal static class ProxyText
{
    private static readonly SearchValues<char> V6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Parses an address of either family: an IPv6 address contains a colon, an IPv4 address does not.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address) =>
        text.Contains(':') ? TryParseV6(text, out address) : TryParseV4(text, out address);

    /// <summary>Parses decimal digits without a leading zero.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, int max, out int number)
    {
        number = 0;
        if (text.Length is 0 or > 5 || (text[0] == '0' && text.Length > 1))
            return false;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit(digit))
                return false;
            number = (number * 10) + (digit - '0');
        }

        return number <= max;
    }

    private static bool TryParseV4(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        Span<Range> parts = stackalloc Range[5];
        if (text.Split(parts, '.') != 4)
            return false;
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!TryParseNumber(text[parts[i]], byte.MaxValue, out var number))
                return false;
            bytes[i] = (byte)number;
        }

        address = new(bytes);
        return true;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text.ContainsAnyExcept(V6Characters))
            return false;
        if (text.Contains('.') && !TryParseV4(text[(text.LastIndexOf(':') + 1)..], out _))
            return false;
        return IPAddress.TryParse(text, out address) && address.AddressFamily is AddressFamily.InterNetworkV6;
    }
}
