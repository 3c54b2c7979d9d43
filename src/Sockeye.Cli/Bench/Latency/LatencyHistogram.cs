using System.Numerics;

namespace Sockeye.Cli;

/// <summary>Counts of times in buckets whose width is at most 0.1 % of their value, as an HdrHistogram with three digits has
/// them.</summary>
/// <remarks>
/// One thread writes, without any synchronization; others read at the same time and see each count at some moment. That is why
/// this is not the histogram of the HdrHistogram package, whose total and maximum a reader would see torn.
/// <code>
///  value in units of 100 ns:  0 … 2047   one bucket each
///                             2048 …     1024 buckets for each power of two
/// </code>
/// </remarks>
internal sealed class LatencyHistogram
{
    /// <summary>The unit of a value in nanoseconds.</summary>
    public const long Unit = 100;

    private const int SubBuckets = 2048;
    private const int HalfBits = 10;
    private const int Half = 1 << HalfBits;

    // An hour. Longer times count as an hour.
    private const long MaxValue = 3_600L * 1_000_000_000 / Unit;

    private static readonly int BucketCount = GetIndex(MaxValue) + 1;

    private readonly long[] _counts = new long[BucketCount];
    private long _max;

    /// <summary>The number of recorded times.</summary>
    public long Count { get; private set; }

    /// <summary>The longest recorded time in nanoseconds, exactly.</summary>
    public long Max => Volatile.Read(ref _max);

    /// <summary>The mean of the recorded times in nanoseconds, within the width of the buckets.</summary>
    public double Mean => Count == 0 ? 0 : GetBuckets().Sum(bucket => (double)bucket.Nanoseconds * bucket.Count) / Count;

    /// <summary>Records a time in nanoseconds.</summary>
    public void Record(long nanoseconds)
    {
        if (nanoseconds > _max)
            Volatile.Write(ref _max, nanoseconds);
        _counts[GetIndex(Math.Clamp(nanoseconds / Unit, 0, MaxValue))]++;
        Count++;
    }

    /// <summary>Adds the times of another histogram, which its own thread may be writing.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            if (Volatile.Read(ref other._counts[i]) is > 0 and var count)
            {
                _counts[i] += count;
                Count += count;
            }
        }

        _max = Math.Max(_max, other.Max);
    }

    /// <summary>Returns the times that are in this one, and were not yet in <paramref name="earlier"/>, a former state of
    /// it.</summary>
    public LatencyHistogram Subtract(LatencyHistogram earlier)
    {
        var difference = new LatencyHistogram();
        for (var i = 0; i < _counts.Length; i++)
        {
            var count = _counts[i] - earlier._counts[i];
            if (count == 0)
                continue;
            difference._counts[i] = count;
            difference.Count += count;
            difference._max = GetValue(i) * Unit;
        }

        // The maximum of all is exact; an earlier one is known to the width of its bucket.
        if (difference.Count > 0 && _max > earlier._max)
            difference._max = _max;
        return difference;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        (Count, _max) = (0, 0);
    }

    /// <summary>Returns the time in nanoseconds that a percentage of the recorded times do not exceed; 0 without any.</summary>
    public long GetPercentile(double percentile)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(Count * percentile / 100));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && _counts[i] > 0)
                return Math.Min(GetValue(i) * Unit, _max);
        }

        return _max;
    }

    /// <summary>Returns the buckets that have counts, from the shortest time, each with its greatest time.</summary>
    public IEnumerable<(long Nanoseconds, long Count)> GetBuckets()
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] > 0)
                yield return (Math.Min(GetValue(i) * Unit, _max), _counts[i]);
        }
    }

    /// <summary>Returns the index of the bucket of a value, as an HdrHistogram with three digits has it.</summary>
    internal static int GetIndex(long value)
    {
        if (value < SubBuckets)
            return (int)value;
        var shift = BitOperations.Log2((ulong)value) - HalfBits;
        return SubBuckets + ((shift - 1) * Half) + (int)((value >> shift) - Half);
    }

    /// <summary>The greatest value of a bucket.</summary>
    private static long GetValue(int index)
    {
        if (index < SubBuckets)
            return index;
        var shift = ((index - SubBuckets) >> HalfBits) + 1;
        var sub = ((index - SubBuckets) & (Half - 1)) + Half;
        return ((sub + 1L) << shift) - 1;
    }
}
