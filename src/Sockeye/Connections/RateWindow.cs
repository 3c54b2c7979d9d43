namespace Sockeye;

/// <summary>Measures a rate over consecutive grace periods.</summary>
internal struct RateWindow
{
    private long _bytes;
    private TimeSpan _start;

    public bool HasStarted { get; private set; }

    /// <summary>Returns the rest of the current period.</summary>
    /// <param name="minRate">The rate.</param>
    /// <param name="clock">The time that counts, from any origin.</param>
    public readonly TimeSpan GetRemaining(DataRate minRate, TimeSpan clock) =>
        HasStarted ? minRate.GracePeriod - (clock - _start) : minRate.GracePeriod;

    /// <summary>At the end of a period, returns what was transferred if it was too little, and starts the next period.</summary>
    /// <param name="minRate">The rate.</param>
    /// <param name="clock">The time that counts, from any origin.</param>
    /// <param name="bytes">The bytes transferred, from any origin.</param>
    public (long Bytes, TimeSpan Time)? Check(DataRate minRate, TimeSpan clock, long bytes)
    {
        if (HasStarted && GetRemaining(minRate, clock) > TimeSpan.Zero)
            return null;
        var (transferred, time) = (bytes - _bytes, clock - _start);
        var isTooSlow = HasStarted && transferred < minRate.BytesPerSecond * (time - CoarseTimer.Tick).TotalSeconds;
        (HasStarted, _bytes, _start) = (true, bytes, clock);
        return isTooSlow ? (transferred, time) : null;
    }
}
