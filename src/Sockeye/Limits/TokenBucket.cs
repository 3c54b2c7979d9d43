using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// A rate of tokens a second, and a capacity that may be taken at once after a pause. The bucket needs no timer: its level
/// follows from the time that has passed.
/// </summary>
/// <remarks>
/// Over any time t, at most <c>burst + rate × t</c> tokens are taken, plus those that were due while a timer was late. The level
/// is kept in tokens times the clock's frequency: with integer rates, all numbers are integers, so that frequent calls lose
/// nothing. It is not safe for concurrent callers.
/// </remarks>
internal sealed class TokenBucket
{
    /// <summary>The maximum lateness of a timer that is made up for, in seconds. A longer one is a pause of the
    /// process.</summary>
    private const double MaxLateness = 0.1;

    private readonly double _rate;
    private readonly double _burst;
    private readonly double _frequency;
    private readonly TimeProvider _time;
    private double _level;
    private long _refilledAt;

    public TokenBucket(double rate, double burst, TimeProvider time)
    {
        Debug.Assert(rate > 0 && burst > 0, "A bucket has a rate and a burst.");
        (_rate, _time, _frequency) = (rate, time, time.TimestampFrequency);
        _level = _burst = burst * _frequency;
        _refilledAt = time.GetTimestamp();
    }

    /// <summary>
    /// Whether there are waiters. Then tokens may exceed the burst for a moment, so that a late timer loses nothing.
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

    /// <summary>Whether the bucket is full, like a new one, so that it may be discarded.</summary>
    public bool IsFull
    {
        get
        {
            Refill();
            return _level >= _burst;
        }
    }

    /// <summary>Takes the given number of tokens, if available.</summary>
    public bool TryTake(double tokens)
    {
        Debug.Assert(tokens >= 0, "Tokens are taken, not returned.");
        Refill();
        if (_level < tokens * _frequency)
            return false;
        _level -= tokens * _frequency;
        return true;
    }

    /// <summary>Takes the given number of tokens, available or not. Missing tokens are a debt, which is paid before the next
    /// grant.</summary>
    public void Take(double tokens)
    {
        Refill();
        _level -= tokens * _frequency;
    }

    /// <summary>Returns how long until the given number of tokens is available, if none are taken in between.</summary>
    public TimeSpan GetDelay(double tokens)
    {
        Refill();
        var missing = (tokens * _frequency) - _level;
        if (missing <= 0)
            return TimeSpan.Zero;
        var seconds = Math.Ceiling(missing / _rate) / _frequency;
        // Rounded up to the resolution of timers, so that it is never early.
        var milliseconds = Math.Ceiling(Math.Round(seconds * 1000, 4));
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, TimeSpan.FromDays(1).TotalMilliseconds));
    }

    private void Refill()
    {
        var now = _time.GetTimestamp();
        if (now <= _refilledAt)
            return; // Another thread read the clock later but updated first.
        var most = HasWaiters ? _burst + (MaxLateness * _rate * _frequency) : _burst;
        _level = Math.Min(Math.Max(most, _level), _level + ((now - _refilledAt) * _rate));
        _refilledAt = now;
        Debug.Assert(!double.IsNaN(_level), "The level is a number.");
    }
}
