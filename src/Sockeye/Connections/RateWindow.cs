namespace Sockeye;

/// <summary>Measures a rate over one grace period after the other.</summary>
internal struct RateWindow
{
    private long _bytes;
    private TimeSpan _begun;

    public bool HasBegun { get; private set; }

    /// <summary>How much of the period is left.</summary>
    /// <param name="least">The rate.</param>
    /// <param name="clock">The time that counts, since any beginning.</param>
    public readonly TimeSpan Left(DataRate least, TimeSpan clock) =>
        HasBegun ? least.GracePeriod - (clock - _begun) : least.GracePeriod;

    /// <summary>At the end of a period, what was too little; then the next one begins.</summary>
    /// <param name="least">The rate.</param>
    /// <param name="clock">The time that counts, since any beginning.</param>
    /// <param name="bytes">Since any beginning.</param>
    public (long Bytes, TimeSpan Time)? IsTooSlow(DataRate least, TimeSpan clock, long bytes)
    {
        if (HasBegun && Left(least, clock) > TimeSpan.Zero)
            return null;
        var (moved, time) = (bytes - _bytes, clock - _begun);
        var isTooSlow = HasBegun && moved < least.BytesPerSecond * (time - CoarseTimer.Tick).TotalSeconds;
        (HasBegun, _bytes, _begun) = (true, bytes, clock);
        return isTooSlow ? (moved, time) : null;
    }
}
