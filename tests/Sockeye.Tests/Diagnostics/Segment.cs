using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Sockeye.Tests.Diagnostics;

/// <summary>One TCP segment in an IP datagram, taken apart; checksums are checked as a receiver checks them.</summary>
internal sealed record Segment(
    PcapngFile.Frame Frame, IPEndPoint From, IPEndPoint To, uint Sequence, uint Acknowledged, string Bits, int Length,
    byte[] Data)
{
    public uint SequenceLength => (uint)Length + (Bits.Contains('S') || Bits.Contains('F') ? 1u : 0);

    public static Segment Parse(PcapngFile.Frame frame)
    {
        var bytes = frame.Bytes;
        var isV6 = bytes[0] >> 4 == 6;
        int header, tcpLength;
        if (isV6)
        {
            (header, tcpLength) = (40, U16(bytes, 4));
            Assert.Equal(6, bytes[6]);
        }
        else
        {
            (header, tcpLength) = (20, U16(bytes, 2) - 20);
            Assert.Equal((0x45, 6), (bytes[0], bytes[9]));
            Assert.Equal(0xFFFF, Sum(bytes[..20]));
        }

        Assert.Equal(frame.OriginalLength, header + tcpLength);
        var (from, to) = isV6 ? (bytes[8..24], bytes[24..40]) : (bytes[12..16], bytes[16..20]);
        var tcp = bytes[header..];
        if (frame.OriginalLength == bytes.Length)
            Assert.Equal(0xFFFF, Sum([.. from, .. to, 0, 6, (byte)(tcpLength >> 8), (byte)tcpLength, .. tcp]));
        var dataAt = (tcp[12] >> 4) * 4;
        return new(
            frame, new(new IPAddress(from), U16(tcp, 0)), new(new IPAddress(to), U16(tcp, 2)), U32(tcp, 4), U32(tcp, 8),
            BitsOf(tcp[13]), tcpLength - dataAt, tcp[dataAt..]);
    }

    public override string ToString()
    {
        var data = Data.Length == 0 ? "" : $" {Encoding.Latin1.GetString(Data)}";
        return $"{(Frame.IsOutbound ? '>' : '<')} {Bits}{data}";
    }

    /// <summary>The sum of all words with carries added, as slowly as RFC 1071 says it: all ones when it is right.</summary>
    private static int Sum(byte[] bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += (bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0);
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return sum;
    }

    private static string BitsOf(byte bits) =>
        string.Concat("FSRPAU".Where((_, index) => (bits & (1 << index)) != 0));

    private static ushort U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
}
