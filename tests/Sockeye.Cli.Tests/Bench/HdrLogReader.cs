using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Sockeye.Cli.Tests.Bench;

/// <summary>Reads an HdrHistogram log by its documented format, without the library that wrote it.</summary>
/// <remarks>
/// A line has the start and the length in seconds, the maximum in milliseconds, and in Base64 a V2 histogram that is
/// compressed:
/// <code>
/// 0        4        8
/// | cookie | length | zlib: | cookie | length | offset | digits | lowest (8) | highest (8) | ratio (8) | counts |
/// </code>
/// Counts are zigzag LEB128 numbers. A negative one stands for as many counts of 0.
/// </remarks>
internal static partial class HdrLogReader
{
    private const uint CompressedCookie = 0x1c849314;
    private const uint Cookie = 0x1c849313;
    private const int HeadLength = 40;
    private const int HalfBits = 10; // For three digits: 2048 values in the first bucket, and 1024 in the others.

    /// <summary>Returns the intervals. An exception is a violation of the format.</summary>
    public static List<HdrInterval> Read(IReadOnlyList<string> lines)
    {
        Assert.Equal("#[Histogram log format version 1.3]", lines[0]);
        Assert.Matches(@"^#\[StartTime: \d+(\.\d+)? \(seconds since epoch\), .+\]$", lines[1]);
        Assert.Equal("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"", lines[2]);
        return [.. lines.Skip(3).Select(Read)];
    }

    private static HdrInterval Read(string line)
    {
        var match = Line().Match(line);
        Assert.True(match.Success, line);
        var bytes = Convert.FromBase64String(match.Groups[4].Value);
        Assert.Equal(CompressedCookie, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        Assert.Equal(bytes.Length - 8, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)));
        using var stream = new ZLibStream(new MemoryStream(bytes, 8, bytes.Length - 8), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        // The end of the zlib stream, which some writers leave out, and some readers need.
        Assert.Equal(GetAdler32(plain.ToArray()), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(^4)));
        return new(Number(match, 1), Number(match, 2), Number(match, 3), ReadCounts(plain.ToArray()));
    }

    private static Dictionary<long, long> ReadCounts(byte[] bytes)
    {
        Assert.Equal(Cookie, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        Assert.Equal(bytes.Length - HeadLength, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)));
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8)));
        Assert.Equal(3, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(12)));
        Assert.Equal(1, BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(16)));
        Assert.Equal(1.0, BinaryPrimitives.ReadDoubleBigEndian(bytes.AsSpan(32)));
        Dictionary<long, long> counts = [];
        var index = 0L;
        for (var at = HeadLength; at < bytes.Length;)
        {
            var count = ReadZigZag(bytes, ref at);
            if (count > 0)
                counts.Add(GetValue(index), count);
            index += count < 0 ? -count : 1;
        }

        return counts;
    }

    private static long ReadZigZag(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[at++];
            // The ninth byte has eight bits.
            value |= (shift == 56 ? part : part & 0x7fUL) << shift;
            if (shift == 56 || part < 0x80)
                return (long)(value >> 1) ^ -(long)(value & 1);
        }
    }

    /// <summary>The lowest value of a bucket.</summary>
    private static long GetValue(long index)
    {
        var bucket = (index >> HalfBits) - 1;
        return bucket < 0 ? index : ((index & ((1 << HalfBits) - 1)) + (1 << HalfBits)) << (int)bucket;
    }

    private static uint GetAdler32(byte[] bytes)
    {
        var (a, b) = (1u, 0u);
        foreach (var value in bytes)
        {
            a = (a + value) % 65_521;
            b = (b + a) % 65_521;
        }

        return (b << 16) | a;
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\d+\.\d+),(\d+\.\d+),(\d+\.\d+),([A-Za-z0-9+/]+=*)$")]
    private static partial Regex Line();
}

/// <summary>A line of a log.</summary>
/// <param name="Start">The start in seconds.</param>
/// <param name="Length">The length in seconds.</param>
/// <param name="Max">The maximum in milliseconds.</param>
/// <param name="Counts">The number of each value.</param>
internal sealed record HdrInterval(double Start, double Length, double Max, IReadOnlyDictionary<long, long> Counts);
