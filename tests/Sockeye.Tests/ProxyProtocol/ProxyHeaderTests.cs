using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockeye.Tests.Framing;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>Headers byte by byte, as the specification has them.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";

    [Theory]
    [InlineData("TCP4 192.0.2.1 198.51.100.255 56324 443", "192.0.2.1:56324", "198.51.100.255:443")]
    [InlineData("TCP4 0.0.0.0 255.255.255.255 0 65535", "0.0.0.0:0", "255.255.255.255:65535")]
    [InlineData("TCP6 2001:db8::1 ::1 1 2", "[2001:db8::1]:1", "[::1]:2")]
    [InlineData("TCP6 2001:DB8:0:0:0:0:0:1 fe80::1 1 2", "[2001:db8::1]:1", "[fe80::1]:2")]
    [InlineData("TCP6 ::ffff:192.0.2.1 ::ffff:c000:202 1 2", "192.0.2.1:1", "192.0.2.2:2")]
    [InlineData("TCP6 2001:db8::7 127.0.0.1 56324 443", "[2001:db8::7]:56324", "127.0.0.1:443")] // nginx
    [InlineData("TCP4 192.0.2.7 2001:db8::1 56324 443", "192.0.2.7:56324", "[2001:db8::1]:443")]
    [InlineData("TCP6 192.0.2.7 2001:db8::1 0 0", "192.0.2.7:0", "[2001:db8::1]:0")]
    [InlineData("TCP6 2001:db8::7 ::ffff:127.0.0.1 1 2", "[2001:db8::7]:1", "127.0.0.1:2")]
    [InlineData("TCP4 192.0.2.7 unix:/run/nginx.sock 56324 0", "192.0.2.7:56324", null)]
    [InlineData("TCP6 2001:db8::7 unix:/run/nginx.sock 56324 0", "[2001:db8::7]:56324", null)]
    [InlineData("UNKNOWN", null, null)]
    [InlineData("UNKNOWN ", null, null)]
    [InlineData("UNKNOWN whatever 1.2.3.4", null, null)]
    public void Line_of_version_1_is_read(string line, string? source, string? destination)
    {
        var header = Parse(Encoding.ASCII.GetBytes($"PROXY {line}\r\n"))!;

        Assert.Equal((source, destination), (header.Source?.ToString(), header.Destination?.ToString()));
        Assert.Equal((ProxyProtocolVersion.V1, false, 0), (header.Version, header.IsLocal, header.Tlvs.Count));
    }

    [Theory]
    [InlineData("TCP4 192.0.2.1 198.51.100.1 056324 443")]
    [InlineData("TCP4 192.0.2.1 198.51.100.1 56324 65536")]
    [InlineData("TCP4 192.0.2.1 198.51.100.1 56324 -1")]
    [InlineData("TCP4 192.0.2.1 198.51.100.1 56324 4\u00B33")]
    [InlineData("TCP4 192.0.2.1 198.51.100.1 56324")]
    [InlineData("TCP4 192.0.2.1 198.51.100.1 56324 443 ")]
    [InlineData("TCP4 192.0.2.1  198.51.100.1 56324 443")]
    [InlineData(" TCP4 192.0.2.1 198.51.100.1 56324 443")]
    [InlineData("TCP4\t192.0.2.1 198.51.100.1 56324 443")]
    [InlineData("TCP4 192.0.2.01 198.51.100.1 56324 443")]
    [InlineData("TCP4 192.0.513 198.51.100.1 56324 443")]
    [InlineData("TCP4 0xC0.0.2.1 198.51.100.1 56324 443")]
    [InlineData("TCP4 192.0.2.256 198.51.100.1 56324 443")]
    [InlineData("TCP4 ::1 ::2 56324 443")]
    [InlineData("TCP6 192.0.2.1 198.51.100.1 56324 443")]
    [InlineData("TCP6 [::1] ::2 1 2")]
    [InlineData("TCP4 ::1 unix:/a 1 2")]
    [InlineData("TCP6 192.0.2.1 unix:/a 1 2")]
    [InlineData("TCP4 192.0.2.1 unix: 1 2")]
    [InlineData("TCP4 unix:/a 192.0.2.1 1 2")]
    [InlineData("TCP4 192.0.2.1 shop.example 1 2")]
    [InlineData("TCP6 2001:db8::7 127.1 1 2")]
    [InlineData("TCP6 fe80::1%3 ::2 1 2")]
    [InlineData("TCP6 ::1/64 ::2 1 2")]
    [InlineData("TCP6 ::ffff:192.0.2.010 ::2 1 2")]
    [InlineData("TCP6 1:2:3:4:5:6:7:8:9 ::2 1 2")]
    [InlineData("TCP6 1::2::3 ::2 1 2")]
    [InlineData("UDP4 192.0.2.1 198.51.100.1 56324 443")]
    [InlineData("tcp4 192.0.2.1 198.51.100.1 56324 443")]
    [InlineData("UNKNOWNX")]
    [InlineData("")]
    public void Line_that_is_not_exactly_as_specified_is_refused(string line) => Assert.StartsWith(
        "There is no PROXY header: the line of the PROXY header is not a valid TCP4, TCP6 or UNKNOWN line",
        Error(Encoding.Latin1.GetBytes($"PROXY {line}\r\n")), StringComparison.Ordinal);

    [Theory]
    [InlineData(107, true)]
    [InlineData(108, false)]
    public void Line_has_at_most_107_bytes(int length, bool allowed)
    {
        var line = Encoding.ASCII.GetBytes("PROXY UNKNOWN ".PadRight(length - 2, 'x') + "\r\n");

        if (allowed)
            Assert.NotNull(Parse(line));
        else
            Assert.Contains("longer than 107 bytes", Error(line), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\n")]
    [InlineData("PROXY UNKNOWN\rx")]
    [InlineData("PROXY UNKNOWN \n\r\n")]
    public void Lone_cr_or_lf_ends_no_line(string line) =>
        Assert.Contains("does not end in CR LF", Error(Encoding.ASCII.GetBytes(line)), StringComparison.Ordinal);

    [Theory]
    [InlineData("2011 000C C0000201 C6336401 DC04 01BB", "PROXY V2: the proxy itself")]
    [InlineData("2000 0000", "PROXY V2: the proxy itself")]
    [InlineData("2077 0003 FFFFFF", "PROXY V2: the proxy itself")]
    [InlineData("2000 0006 03 0003 000000", "PROXY V2: the proxy itself")] // as TLVs they would be wrong
    [InlineData("2011 0010 C0000201 C6336401 DC04 01BB 20 0001 01", "PROXY V2: the proxy itself")]
    [InlineData("2031 000C C0000201 C6336401 DC04 01BB", "PROXY V2: the proxy itself")]
    [InlineData("2111 0016 C0000201 C6336401 DC04 01BB 04 0000 04 0004 12345678",
        "PROXY V2: 192.0.2.1:56324 -> 198.51.100.1:443")]
    [InlineData("2111 000C C0000201 C6336401 0000 0000", "PROXY V2: 192.0.2.1:0 -> 198.51.100.1:0")]
    [InlineData("2130 0000", "PROXY V2: an unknown client")]
    [InlineData("2101 000C C0000201 C6336401 DC04 01BB", "PROXY V2: an unknown client")]
    [InlineData("2111 000C C0000201 C6336401 DC04 01BB", "PROXY V2: 192.0.2.1:56324 -> 198.51.100.1:443")]
    [InlineData("2121 0024 20010DB8000000000000000000000001 00000000000000000000FFFFC0000201 0001 FFFF",
        "PROXY V2: [2001:db8::1]:1 -> 192.0.2.1:65535")]
    [InlineData("2100 0000", "PROXY V2: an unknown client")]
    [InlineData("2100 0003 FFFFFF", "PROXY V2: an unknown client")]
    [InlineData("2110 000C C0000201 C6336401 DC04 01BB", "PROXY V2: an unknown client")]
    public void Header_of_version_2_is_read(string hex, string expected) =>
        Assert.Equal(expected, $"{Parse(Binary(hex))}");

    [Theory]
    [InlineData("1111 000C C0000201 C6336401 DC04 01BB", "the version of the binary PROXY header is 1, and only 2 is known")]
    [InlineData("2211 000C C0000201 C6336401 DC04 01BB", "the command of the PROXY header is 2")]
    [InlineData("2112 000C C0000201 C6336401 DC04 01BB", "is of a datagram (UDP)")]
    [InlineData("2113 000C C0000201 C6336401 DC04 01BB", "the transport of the PROXY header is 3")]
    [InlineData("2141 000C C0000201 C6336401 DC04 01BB", "the address family of the PROXY header is 4")]
    [InlineData("2111 000B C0000201 C6336401 DC04 01", "has 11 bytes for addresses that take 12")]
    [InlineData("2111 000D C0000201 C6336401 DC04 01BB 05", "TLVs of the PROXY header do not fit")]
    [InlineData("2111 0010 C0000201 C6336401 DC04 01BB 05 0002 61", "TLVs of the PROXY header do not fit")]
    [InlineData("2111 0010 C0000201 C6336401 DC04 01BB 20 0001 01", "the TLVs inside its SSL TLV do not fit into it")]
    [InlineData("2111 0012 C0000201 C6336401 DC04 01BB 03 0003 000000", "its checksum has 3 bytes instead of 4")]
    [InlineData("2111 0013 C0000201 C6336401 DC04 01BB 03 0004 12345678", "its CRC32C does not match its bytes")]
    [InlineData("2000 0007 03 0004 12345678", "its CRC32C does not match its bytes")]
    public void Header_of_version_2_that_is_not_as_specified_is_refused(string hex, string expected) =>
        Assert.Contains(expected, Error(Binary(hex)), StringComparison.Ordinal);

    [Fact]
    public void Unix_sockets_are_paths_names_and_nameless()
    {
        Assert.Equal("/run/a.sock -> @name", Unix("/run/a.sock\0rest", "\0name"));
        Assert.Equal(" -> /run/a.sock", Unix("", "/run/a.sock"));
        Assert.Equal($" -> {new string('a', 107)}", Unix("", new string('a', 107)));
        Assert.Equal($" -> {new string('a', 108)}", Unix("", new string('a', 108)));
        Assert.Equal("/\\xFF\\xFE -> @a\\x00b", Unix("/\u00FF\u00FE", "\0a\0b"));
        Assert.Equal($"@{new string('a', 107)} -> /\\x1B", Unix("\0" + new string('a', 107), "/\u001b"));
    }

    [Theory]
    [InlineData("/run/a.sock", "\0name")]
    [InlineData("/\u00FF\u00FE", "/\n\u001b[2J")]
    [InlineData("\0a\0b\u0080", "")]
    public void Path_of_a_unix_socket_is_passed_on_byte_for_byte(string source, string destination)
    {
        foreach (var pad in (int[])[0, 108])
        {
            var bytes = UnixBytes(source.PadRight(pad, 'x'), destination);
            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Parse(bytes)!.ToBytes()));
        }
    }

    [Fact]
    public void Unix_sockets_with_one_path_are_equal()
    {
        var (one, same) = (Parse(UnixBytes("/\u00FF", "/a"))!, Parse(UnixBytes("/\u00FF", "/b"))!);

        Assert.Equal(one.Source, same.Source);
        Assert.Equal(one.Source!.GetHashCode(), same.Source!.GetHashCode());
        Assert.NotEqual(one.Source, Parse(UnixBytes("/\u00FE", "/a"))!.Source);
        Assert.Equal(AddressFamily.Unix, one.Source.AddressFamily);
        Assert.IsType<UnixDomainSocketEndPoint>(one.Destination);
    }

    [Fact]
    public void What_a_proxy_sends_besides_the_addresses_has_names()
    {
        var header = Parse(Client([
            .. Tlv(0x01, "h2"), .. Tlv(0x02, "shop"), .. Tlv(0x05, "id"), .. Tlv(0x30, "ns"), .. Tlv(0x04, "\0\0\0"),
            .. Tlv(0xEA, "\u0001vpce-1"), .. Tlv(0xE0, "\u00FF"),
            .. Tlv(0x20, "\u0007\0\0\0\0" + Encoding.Latin1.GetString([
                .. Tlv(0x21, "TLSv1.3"), .. Tlv(0x22, "cn"), .. Tlv(0x23, "AES"), .. Tlv(0x24, "SA"), .. Tlv(0x25, "RSA2")]))]))!;

        Assert.Equal(("h2", "shop", "vpce-1"), (header.Alpn, header.Authority, header.AwsVpcEndpointId));
        Assert.Equal("6964", Convert.ToHexString(header.UniqueId.Span));
        var ssl = header.Ssl!;
        Assert.Equal(("TLSv1.3", "cn", "AES", "SA", "RSA2"),
            (ssl.Version, ssl.CommonName, ssl.Cipher, ssl.SignatureAlgorithm, ssl.KeyAlgorithm));
        Assert.Equal(ProxySslClient.Tls | ProxySslClient.Certificate | ProxySslClient.CertificateEarlier, ssl.Client);
        Assert.True(ssl.IsCertificateVerified);
        Assert.Equal(
            [1, 2, 5, 0x30, 0xEA, 0xE0, 0x20], header.Tlvs.Select(tlv => (int)tlv.Type));
    }

    [Fact]
    public void Client_without_a_certificate_is_not_verified_although_the_proxy_says_0()
    {
        var header = Parse(Client(Tlv(0x20, "\u0001\0\0\0\0")))!;

        Assert.Equal((ProxySslClient.Tls, 0u, false), (header.Ssl!.Client, header.Ssl.Verify, header.Ssl.IsCertificateVerified));
    }

    [Fact]
    public void Checksum_is_the_one_of_RFC_3720()
    {
        // Its example: 32 bytes of zeros give AA 36 91 8A, least significant byte first.
        Assert.Equal(0x8A9136AAu, ProxyTlvs.ComputeChecksum(new byte[32], 7));

        var header = new ProxyHeader { Tlvs = [ProxyTlv.Checksum] }.ToBytes();
        Assert.NotNull(Parse(header));
        for (var bit = 12 * 8; bit < header.Length * 8; bit++)
        {
            // Without its type it is no longer a checksum.
            if (bit / 8 == 16)
                continue;
            var damaged = header.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Reads(damaged) is { Tlvs.Count: > 0 }, $"Bit {bit} was flipped, and the header was accepted.");
        }
    }

    [Theory]
    [InlineData(null, "192.0.2.1:1")]
    [InlineData("192.0.2.1:1", null)]
    public void One_address_alone_is_not_written(string? source, string? destination)
    {
        var header = new ProxyHeader
        {
            Source = source is null ? null : IPEndPoint.Parse(source),
            Destination = destination is null ? new UnixDomainSocketEndPoint("/a") : IPEndPoint.Parse(destination),
        };

        Assert.Contains(
            "A PROXY header has two IP endpoints, two Unix sockets or none, not ",
            Assert.Throws<InvalidOperationException>(() => header.ToBytes()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Header_that_is_too_long_or_of_no_version_is_not_written()
    {
        ProxyTlv half = new(ProxyTlvType.NoOp, new byte[40_000]);

        Assert.Contains("it would have 80022 bytes, and the maximum is 65551", WriteError(new() { Tlvs = [half, half] }));
        Assert.Contains("unique id has 129 bytes", WriteError(new() { Tlvs = [new(ProxyTlvType.UniqueId, new byte[129])] }));
        Assert.Contains("it has two checksums", WriteError(new() { Tlvs = [ProxyTlv.Checksum, ProxyTlv.Checksum] }));
        Assert.Contains("a type is 0 to 255", WriteError(new() { Tlvs = [new((ProxyTlvType)256, default)] }));
        Assert.Contains("There is no version 7", WriteError(new() { Version = (ProxyProtocolVersion)7 }));
    }

    private static string WriteError(ProxyHeader header) =>
        Assert.Throws<InvalidOperationException>(() => header.ToBytes()).Message;

    private static string Unix(string source, string destination)
    {
        var input = new ReadOnlySequence<byte>(UnixBytes(source, destination));
        try
        {
            return ProxyHeader.TryParse(ref input, out var header) ? $"{header.Source} -> {header.Destination}" : "more";
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static byte[] UnixBytes(string source, string destination) =>
        [.. Binary("2131 00D8"), .. Encoding.Latin1.GetBytes(source.PadRight(108, '\0') + destination.PadRight(108, '\0'))];

    /// <summary>A header of TCP over IPv4 with these TLVs.</summary>
    private static byte[] Client(byte[] tlvs) =>
        [.. Binary($"2111 {12 + tlvs.Length:X4} C0000201 C6336401 DC04 01BB"), .. tlvs];

    private static byte[] Tlv(byte type, string value) =>
        [type, (byte)(value.Length >> 8), (byte)value.Length, .. Encoding.Latin1.GetBytes(value)];

    private static byte[] Binary(string hex) => Convert.FromHexString(Signature + hex.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>The header of exactly these bytes, in one segment and in many.</summary>
    private static ProxyHeader? Parse(byte[] bytes)
    {
        var input = Wire.OneByteSegments([.. bytes, (byte)'x']);
        var found = ProxyHeader.TryParse(ref input, out var inPieces);
        Assert.Equal(found ? 1 : bytes.Length + 1, input.Length);
        input = new(bytes);
        Assert.Equal(found, ProxyHeader.TryParse(ref input, out var header));
        Assert.Equal($"{inPieces}", $"{header}");
        return header;
    }

    private static ProxyHeader? Reads(byte[] bytes)
    {
        var input = new ReadOnlySequence<byte>(bytes);
        try
        {
            return ProxyHeader.TryParse(ref input, out var header) ? header : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string Error(byte[] bytes) => Assert.Throws<InvalidDataException>(() =>
    {
        var input = new ReadOnlySequence<byte>(bytes);
        _ = ProxyHeader.TryParse(ref input, out _);
    }).Message;
}
