namespace Sockeye;

/// <summary>
/// A number of tokens a second, of which so many as the bucket holds may be taken at once after a pause. It needs no timer: how
/// full it is follows from the time that has passed.
/// </summary>
/// <remarks>
/// Over any time t at most <c>burst + rate × t</c> tokens are taken, and what came due while a timer was late. The level is kept
/// in tokens times the clock's frequency: with whole rates all numbers are whole, so that nothing is lost however often it is
/// asked. Not safe from several threads.
/// </remarks>
internal sealed class TokenBucket
{
    /// <summary>How much a late timer may owe, in seconds. A longer pause is the process's, and lost.</summary>
    private const double MaxLateness = 0.1;

    private readonly double _rate;
    private readonly double _burst;
    private readonly double _frequency;
    private readonly TimeProvider _time;
    private double _level;
    private long _refilledAt;

    public TokenBucket(double rate, double burst, TimeProvider time)
    {
        (_rate, _time, _frequency) = (rate, time, time.TimestampFrequency);
        _level = _burst = burst * _frequency;
        _refilledAt = time.GetTimestamp();
    }

    /// <summary>
    /// Whether somebody waits for tokens. Then they add up beyond the burst for a moment: that the timer comes late costs
    /// nothing.
    /// </summary>
    public bool HasWaiters
    {
        get;
        set
        {
            Refill();
            field = value;
        }
    }

    /// <summary>Whether nothing would be lost by forgetting it: a new one is full.</summary>
    public bool IsFull
    {
        get
        {
            Refill();
            return _level >= _burst;
        }
    }

    /// <summary>Takes so many, if they are there.</summary>
    public bool TryTake(double tokens)
    {
        Refill();
        if (_level < tokens * _frequency)
            return false;
        _level -= tokens * _frequency;
        return true;
    }

    /// <summary>Takes so many, there or not: what is missing is a debt that time pays before anybody else gets one.</summary>
    public void Take(double tokens)
    {
        Refill();
        _level -= tokens * _frequency;
    }

    /// <summary>How long until so many are there, if nobody takes any meanwhile.</summary>
    public TimeSpan GetDelay(double tokens)
    {
        Refill();
        var missing = (tokens * _frequency) - _level;
        if (missing <= 0)
            return TimeSpan.Zero;
        var seconds = Math.Ceiling(missing / _rate) / _frequency;
        // Rounded up to what timers know: never early.
        var milliseconds = Math.Ceiling(Math.Round(seconds * 1000, 4));
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, TimeSpan.FromDays(1).TotalMilliseconds));
    }

    private void Refill()
    {
        var now = _time.GetTimestamp();
        if (now <= _refilledAt)
            return; // Another thread read the clock later and was here first.
        var most = HasWaiters ? _burst + (MaxLateness * _rate * _frequency) : _burst;
        _level = Math.Min(Math.Max(most, _level), _level + ((now - _refilledAt) * _rate));
        _refilledAt = now;
    }
}
