namespace Sockeye.Cli;

/// <summary>The distribution of planned starts in time.</summary>
internal enum Arrivals
{
    /// <summary>Equal distances.</summary>
    Constant,

    /// <summary>Independent of each other, as those of many users.</summary>
    Poisson,
}

/// <summary>The planned starts of requests at a rate, made without knowledge of any answer. Not safe for concurrent
/// use.</summary>
internal sealed class ArrivalPlan
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly double _interval;
    private readonly int _burst;
    private readonly Random? _random;
    private double _offset;
    private long _index;
    private int _leftInBurst;

    /// <param name="rate">The number of requests a second.</param>
    /// <param name="arrivals">The distribution.</param>
    /// <param name="burst">The number of requests that start together.</param>
    /// <param name="seed">The seed of a random distribution: the same seed gives the same plan.</param>
    public ArrivalPlan(double rate, Arrivals arrivals, int burst, int seed)
    {
        (_interval, _burst, _leftInBurst) = (NanosecondsPerSecond * burst / rate, burst, burst);
        _random = arrivals is Arrivals.Poisson ? new(seed) : null;
        _offset = NextGap();
    }

    /// <summary>The offset of the next start in nanoseconds.</summary>
    public long Peek => (long)_offset;

    public void Advance()
    {
        if (--_leftInBurst > 0)
            return;
        _leftInBurst = _burst;
        _index++;
        // A constant plan is a product, not a sum, whose error would grow.
        _offset = _random is null ? _index * _interval : _offset + NextGap();
    }

    private double NextGap() => _random is null ? 0 : -Math.Log(1 - _random.NextDouble()) * _interval;
}
