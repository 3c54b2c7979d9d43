namespace Sockeye;

/// <summary>Measures a rate over one grace period after the other.</summary>
internal struct RateWindow
{
    private long _bytes;
    private TimeSpan _start;

    public bool HasStarted { get; private set; }

    /// <summary>How much of the period is left.</summary>
    /// <param name="least">The rate.</param>
    /// <param name="clock">The time that counts, since any beginning.</param>
    public readonly TimeSpan GetRemaining(DataRate least, TimeSpan clock) =>
        HasStarted ? least.GracePeriod - (clock - _start) : least.GracePeriod;

    /// <summary>At the end of a period, what was too little; then the next one begins.</summary>
    /// <param name="least">The rate.</param>
    /// <param name="clock">The time that counts, since any beginning.</param>
    /// <param name="bytes">Since any beginning.</param>
    public (long Bytes, TimeSpan Time)? Check(DataRate least, TimeSpan clock, long bytes)
    {
        if (HasStarted && GetRemaining(least, clock) > TimeSpan.Zero)
            return null;
        var (moved, time) = (bytes - _bytes, clock - _start);
        var isTooSlow = HasStarted && moved < least.BytesPerSecond * (time - CoarseTimer.Tick).TotalSeconds;
        (HasStarted, _bytes, _start) = (true, bytes, clock);
        return isTooSlow ? (moved, time) : null;
    }
}
