namespace Sockeye.Admin;

/// <summary>One series of a metric: an instrument with one set of tags.</summary>
/// <param name="labels">The tags as text: <c>{a="b",c="d"}</c>, or nothing.</param>
internal class MetricSeries(string labels)
{
    private readonly Lock _lock = new();
    private long _whole;
    private double _fraction;

    public string Labels => labels;

    public double Value
    {
        get
        {
            lock (_lock)
                return Volatile.Read(ref _whole) + _fraction;
        }
    }

    /// <summary>Adds without a lock, because it runs for every message.</summary>
    public virtual void Add(long value) => Interlocked.Add(ref _whole, value);

    public virtual void Add(double value)
    {
        lock (_lock)
            _fraction += value;
    }

    /// <summary>Clears an observable series before the next observation.</summary>
    public void Reset()
    {
        lock (_lock)
            (_whole, _fraction) = (0, 0);
    }
}

/// <summary>One series of a histogram.</summary>
/// <param name="labels">The tags as text.</param>
/// <param name="bounds">The inclusive upper bounds of the buckets; one more bucket is above the last bound.</param>
internal sealed class HistogramSeries(string labels, double[] bounds) : MetricSeries(labels)
{
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public double[] Bounds => bounds;

    public override void Add(long value) => Add((double)value);

    public override void Add(double value)
    {
        var index = Array.BinarySearch(bounds, value);
        lock (_lock)
        {
            _counts[index < 0 ? ~index : index]++;
            _sum += value;
        }
    }

    public (long[] Counts, double Sum) Read()
    {
        lock (_lock)
            return ((long[])_counts.Clone(), _sum);
    }
}
