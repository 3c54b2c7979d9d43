using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sockeye;

/// <summary>Version 1: a line of ASCII (PROXY protocol, section 2.1).</summary>
/// <remarks>
/// <code>
///  PROXY TCP4 192.0.2.1 192.0.2.2 56324 443 CR LF
///  PROXY TCP6 2001:db8::1 2001:db8::2 56324 443 CR LF
///  PROXY UNKNOWN [anything] CR LF
/// </code>
/// Words are separated by one space, numbers have no leading zeros, and the line has at most 107 bytes including its end. The
/// last 32 bits of an IPv6 address may have the form of IPv4 (RFC 4291, section 2.2), as some proxies write mapped addresses.
/// nginx writes its own address together with a client address from another proxy: then one of the two belongs to the other
/// family, or is "unix:" and a path.
/// </remarks>
internal static class ProxyHeaderV1
{
    public const int MaxLength = 107;

    private const string Unknown = "UNKNOWN";
    private const string UnixPrefix = "unix:";

    public static ReadOnlySpan<byte> Signature => "PROXY "u8;

    public static ProxyParse Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            bytes = bytes[..MaxLength];
        var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        if (end >= 0 && end + 1 < bytes.Length && bytes[end..(end + 2)].SequenceEqual("\r\n"u8))
        {
            return ParseLine(bytes[Signature.Length..end]) is { } header
                ? ProxyParse.Done(header, end + 2)
                : InvalidLine(bytes[..end]);
        }

        if (end >= 0 && (bytes[end] != '\r' || end + 1 < bytes.Length))
            return ProxyParse.Invalid("the line of the PROXY header does not end in CR LF");
        return bytes.Length < MaxLength
            ? ProxyParse.NeedMore
            : ProxyParse.Invalid($"the line of the PROXY header is longer than {MaxLength} bytes");
    }

    public static void Write(ProxyHeader header, IBufferWriter<byte> output)
    {
        if (header.Tlvs.Count > 0)
            throw new InvalidOperationException("Version 1 of the PROXY protocol has no TLVs: use V2, or leave Tlvs empty.");
        Encoding.ASCII.GetBytes($"PROXY {Format(header)}\r\n", output);
    }

    private static string Format(ProxyHeader header)
    {
        if (header.IsLocal || ProxyAddresses.TryGetPair(header) is not (var source, var destination))
            return Unknown;
        var word = source.AddressFamily is AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        return string.Create(CultureInfo.InvariantCulture,
            $"{word} {FormatAddress(source)} {FormatAddress(destination)} {source.Port} {destination.Port}");
    }

    private static string FormatAddress(IPEndPoint endpoint)
    {
        // The scope is omitted, because it is meaningless on other machines.
        var bytes = endpoint.Address.GetAddressBytes();
        var text = new IPAddress(bytes).ToString();
        if (endpoint.AddressFamily is AddressFamily.InterNetwork || !text.Contains('.', StringComparison.Ordinal))
            return text;
        // The form with dots is for IPv4 only.
        var groups = bytes.Chunk(2).Select(pair => (pair[0] << 8) | pair[1]);
        return string.Join(':', groups.Select(group => group.ToString("x", CultureInfo.InvariantCulture)));
    }

    private static ProxyParse InvalidLine(ReadOnlySpan<byte> line) => ProxyParse.Invalid(
        $"the line of the PROXY header is not a valid TCP4, TCP6 or UNKNOWN line ({FirstBytes.Quote(line[Signature.Length..])})");

    private static ProxyHeader? ParseLine(ReadOnlySpan<byte> line)
    {
        Span<char> copy = stackalloc char[line.Length];
        Encoding.Latin1.GetChars(line, copy);
        ReadOnlySpan<char> text = copy;
        if (text is Unknown || text.StartsWith(Unknown + ' '))
            return new() { Version = ProxyProtocolVersion.V1 };

        Span<Range> fields = stackalloc Range[6];
        if (text.Split(fields, ' ') != 5
            || (text[fields[0]] is "TCP4" ? AddressFamily.InterNetwork
                : text[fields[0]] is "TCP6" ? AddressFamily.InterNetworkV6 : default) is var family && family == default
            || !ProxyText.TryParseAddress(text[fields[1]], out var source)
            || !ProxyText.TryParseNumber(text[fields[3]], ushort.MaxValue, out var sourcePort)
            || !ProxyText.TryParseNumber(text[fields[4]], ushort.MaxValue, out var destinationPort))
        {
            return null;
        }

        var isUnix = text[fields[2]].StartsWith(UnixPrefix) && text[fields[2]].Length > UnixPrefix.Length;
        IPAddress? destination = null;
        if (!isUnix && !ProxyText.TryParseAddress(text[fields[2]], out destination))
            return null;
        if (source.AddressFamily != family && destination?.AddressFamily != family)
            return null;
        return new()
        {
            Version = ProxyProtocolVersion.V1,
            Source = ProxyAddresses.Unmap(source, sourcePort),
            Destination = destination is null ? null : ProxyAddresses.Unmap(destination, destinationPort),
        };
    }
}
