using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;

namespace Sockeye.Cli;

/// <summary>The latencies of each interval as an HdrHistogram log (version 1.3), which other tools read and plot. Values are
/// microseconds, with three digits.</summary>
/// <remarks>
/// The package HdrHistogram writes UTF-16, and zlib streams without an end, which strict readers refuse. A line has the start and
/// the length in seconds, the maximum in milliseconds, and in Base64 the counts:
/// <code>
/// 0        4        8
/// | cookie | length | zlib: | cookie | length | offset 0 | digits | lowest (8) | highest (8) | ratio (8) | counts |
/// </code>
/// Counts are those of the buckets from the first to the last that is not empty, as zigzag LEB128 numbers. A negative number
/// stands for as many empty buckets.
/// </remarks>
internal static class HdrLog
{
    private const uint CompressedCookie = 0x1c849314;
    private const uint Cookie = 0x1c849313;
    private const int HeadLength = 40;
    private const int Digits = 3;
    private const long MaxMicroseconds = 3_600_000_000;
    private const long NanosecondsPerMicrosecond = 1000;

    public static string Create(PeriodResult result, DateTimeOffset startedAt) =>
        string.Concat(CreateLines(result, startedAt).Select(line => line + '\n'));

    private static IEnumerable<string> CreateLines(PeriodResult result, DateTimeOffset startedAt)
    {
        var start = startedAt.ToUnixTimeMilliseconds() / 1000.0;
        yield return "#[Histogram log format version 1.3]";
        yield return string.Create(
            CultureInfo.InvariantCulture, $"#[StartTime: {start:0.000} (seconds since epoch), {startedAt.UtcDateTime:O}]");
        yield return "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"";
        foreach (var interval in result.Intervals)
        {
            var at = start + ((interval.Start - result.Start) / 1e9);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{at:0.000},{interval.Length / 1e9:0.000},{interval.Latency.Max / 1e6:0.000},")
                + Convert.ToBase64String(Compress(Encode(interval.Latency)));
        }
    }

    private static byte[] Encode(LatencyHistogram times)
    {
        SortedDictionary<int, long> counts = [];
        foreach (var (nanoseconds, count) in times.GetBuckets())
        {
            var index = LatencyHistogram.GetIndex(Math.Clamp(nanoseconds / NanosecondsPerMicrosecond, 1, MaxMicroseconds));
            counts[index] = counts.GetValueOrDefault(index) + count;
        }

        List<byte> bytes = [.. new byte[HeadLength]];
        var next = 0;
        foreach (var (index, count) in counts)
        {
            if (index > next)
                AddZigZag(bytes, next - index);
            AddZigZag(bytes, count);
            next = index + 1;
        }

        var encoded = bytes.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(encoded, Cookie);
        BinaryPrimitives.WriteInt32BigEndian(encoded.AsSpan(4), encoded.Length - HeadLength);
        BinaryPrimitives.WriteInt32BigEndian(encoded.AsSpan(12), Digits);
        BinaryPrimitives.WriteInt64BigEndian(encoded.AsSpan(16), 1);
        BinaryPrimitives.WriteInt64BigEndian(encoded.AsSpan(24), MaxMicroseconds);
        BinaryPrimitives.WriteDoubleBigEndian(encoded.AsSpan(32), 1);
        return encoded;
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var output = new MemoryStream();
        output.Write(new byte[8]);
        using (var zlib = new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(bytes);
        var compressed = output.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(compressed, CompressedCookie);
        BinaryPrimitives.WriteInt32BigEndian(compressed.AsSpan(4), compressed.Length - 8);
        return compressed;
    }

    /// <summary>Adds a number in groups of seven bits. A count is far below the size at which the ninth byte would have
    /// eight.</summary>
    private static void AddZigZag(List<byte> bytes, long number)
    {
        var value = (ulong)((number << 1) ^ (number >> 63));
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }
}
