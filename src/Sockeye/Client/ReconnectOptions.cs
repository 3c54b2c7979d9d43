namespace Sockeye;

/// <summary>The delays of a client that reconnects, and the number of attempts.</summary>
/// <remarks>
/// Each delay is drawn evenly between <see cref="MinDelay"/> and a ceiling that doubles from twice that up to
/// <see cref="MaxDelay"/>: "full jitter" above a minimum (AWS Architecture Blog, "Exponential Backoff And Jitter").
/// </remarks>
public sealed class ReconnectOptions
{
    private static readonly TimeSpan DelayLimit = TimeSpan.FromDays(1);

    /// <summary>
    /// Gets or sets the minimum delay before the next attempt. Default: 100 ms. Range: 1 ms to 1 day, and not more than
    /// <see cref="MaxDelay"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan MinDelay
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(1), DelayLimit);
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Gets or sets the maximum delay before the next attempt. Default: 30 s. Range: 1 ms to 1 day. A lower value finds a server
    /// that is back sooner, and causes more connections to it at the same time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan MaxDelay
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(1), DelayLimit);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets the time that a connection must last for the delays to start from <see cref="MinDelay"/> again. Default: 10
    /// s. Range: 0 and up. With 0, the delays do not grow for a server that accepts and closes each connection at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan StableAfter { get; set => field = OptionChecks.AtLeast(value, TimeSpan.Zero); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the number of attempts that fail in a row before the last error is thrown. Default: null, unlimited. Range: 1
    /// and up.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? MaxAttempts { get; set => field = OptionChecks.AtLeast(value, 1); }

    /// <summary>Returns a copy that later changes do not affect.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The minimum delay is longer than the maximum delay.</exception>
    internal ReconnectOptions TakeCopy() => MinDelay <= MaxDelay
        ? OptionCopier.ShallowCopy(this)
        : throw OptionChecks.OutOfRange(
            nameof(MinDelay), MinDelay, $"{nameof(MaxDelay)} ({OptionChecks.Describe(MaxDelay)}) or less");
}
