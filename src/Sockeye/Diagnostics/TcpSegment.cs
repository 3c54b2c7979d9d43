using System.Buffers.Binary;

namespace Sockeye;

/// <summary>The control bits of a TCP header (RFC 9293, section 3.1).</summary>
[Flags]
internal enum TcpBits : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
}

/// <summary>Writes a TCP segment with its IP header.</summary>
/// <remarks>
/// <code>
/// ┌────────────────────────────┬───────────────────────────────────────────────────────────┬───────────┐
/// │ IPv4 (20) or IPv6 (40)     │ TCP: ports, sequence, acknowledged, bits, window (20)     │ data      │
/// └────────────────────────────┴───────────────────────────────────────────────────────────┴───────────┘
/// </code>
/// A SYN has two options: the maximum segment size, and the window scale (RFC 7323).
/// </remarks>
internal static class TcpSegment
{
    /// <summary>The maximum size in bytes of the data in an IP datagram of 65,535 bytes, as on a loopback interface.</summary>
    public const int MaxData = 65_535 - 20 - TcpHeader;

    private const int TcpHeader = 20;
    private const int SynOptions = 8;
    private const byte Tcp = 6;
    private const byte HopLimit = 64;

    /// <summary>The shift of the largest window, 1 GiB. Recorded data never waited for a window.</summary>
    private const byte WindowShift = 14;

    public static int GetHeaderLength(CaptureAddresses addresses, TcpBits bits) =>
        (addresses.IsIPv6 ? 40 : 20) + TcpHeader + ((bits & TcpBits.Syn) != 0 ? SynOptions : 0);

    /// <param name="room">The space for headers and kept data.</param>
    /// <param name="addresses">The addresses of the connection.</param>
    /// <param name="frame">The frame to write.</param>
    public static void Write(Span<byte> room, CaptureAddresses addresses, in CapturedFrame frame)
    {
        var headers = GetHeaderLength(addresses, frame.Bits);
        var ip = addresses.IsIPv6 ? 40 : 20;
        var (from, to) = frame.IsOutbound ? (addresses.Local, addresses.Remote) : (addresses.Remote, addresses.Local);
        var tcpLength = headers - ip + frame.Length;
        room[..headers].Clear();
        frame.Kept.CopyTo(room[headers..]);
        if (addresses.IsIPv6)
            WriteIPv6(room, tcpLength, from, to);
        else
            WriteIPv4(room, tcpLength, from, to);
        WriteTcp(room[ip..headers], addresses, frame);
        if (frame.Kept.Length == frame.Length)
            BinaryPrimitives.WriteUInt16BigEndian(room[(ip + 16)..], ComputeTcpChecksum(room[ip..], from, to));
    }

    private static void WriteIPv4(Span<byte> header, int tcpLength, byte[] from, byte[] to)
    {
        header[0] = 0x45; // version 4, five words
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(20 + tcpLength));
        header[6] = 0x40; // never fragmented, so it needs no identification (RFC 6864)
        header[8] = HopLimit;
        header[9] = Tcp;
        from.CopyTo(header[12..]);
        to.CopyTo(header[16..]);
        var checksum = new InternetChecksum();
        checksum.Add(header[..20]);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], checksum.Finish());
    }

    private static void WriteIPv6(Span<byte> header, int tcpLength, byte[] from, byte[] to)
    {
        header[0] = 0x60; // version 6
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)tcpLength);
        header[6] = Tcp;
        header[7] = HopLimit;
        from.CopyTo(header[8..]);
        to.CopyTo(header[24..]);
    }

    private static void WriteTcp(Span<byte> header, CaptureAddresses addresses, in CapturedFrame frame)
    {
        var (from, to) = frame.IsOutbound
            ? (addresses.LocalPort, addresses.RemotePort)
            : (addresses.RemotePort, addresses.LocalPort);
        BinaryPrimitives.WriteUInt16BigEndian(header, from);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], to);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], frame.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], frame.Acknowledged);
        header[12] = (byte)(header.Length / 4 << 4);
        header[13] = (byte)frame.Bits;
        BinaryPrimitives.WriteUInt16BigEndian(header[14..], ushort.MaxValue);
        if ((frame.Bits & TcpBits.Syn) == 0)
            return;
        (header[20], header[21]) = (2, 4); // maximum segment size
        BinaryPrimitives.WriteUInt16BigEndian(header[22..], MaxData);
        (header[24], header[25], header[26], header[27]) = (1, 3, 3, WindowShift); // no-operation, window scale
    }

    private static ushort ComputeTcpChecksum(ReadOnlySpan<byte> segment, byte[] from, byte[] to)
    {
        // The pseudo-header of IPv4 and that of IPv6 have the same sum: addresses, length, protocol.
        var checksum = new InternetChecksum();
        checksum.Add(from);
        checksum.Add(to);
        checksum.Add((uint)segment.Length);
        checksum.Add(Tcp);
        checksum.Add(segment);
        return checksum.Finish();
    }
}
