namespace Sockeye;

/// <summary>Measures a rate over one grace period after the other.</summary>
internal struct RateWindow
{
    private long _bytes;
    private TimeSpan _start;

    public bool HasStarted { get; private set; }

    /// <summary>The rest of the current period.</summary>
    /// <param name="least">The rate.</param>
    /// <param name="clock">The time that counts, from any origin.</param>
    public readonly TimeSpan GetRemaining(DataRate least, TimeSpan clock) =>
        HasStarted ? least.GracePeriod - (clock - _start) : least.GracePeriod;

    /// <summary>At the end of a period, returns what was transferred if it was too little, and starts the next period.</summary>
    /// <param name="least">The rate.</param>
    /// <param name="clock">The time that counts, from any origin.</param>
    /// <param name="bytes">The bytes transferred, from any origin.</param>
    public (long Bytes, TimeSpan Time)? Check(DataRate least, TimeSpan clock, long bytes)
    {
        if (HasStarted && GetRemaining(least, clock) > TimeSpan.Zero)
            return null;
        var (transferred, time) = (bytes - _bytes, clock - _start);
        var isTooSlow = HasStarted && transferred < least.BytesPerSecond * (time - CoarseTimer.Tick).TotalSeconds;
        (HasStarted, _bytes, _start) = (true, bytes, clock);
        return isTooSlow ? (transferred, time) : null;
    }
}
