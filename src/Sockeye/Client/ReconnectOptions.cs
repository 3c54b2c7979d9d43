namespace Sockeye;

/// <summary>How long a client waits between connections, and when it gives up.</summary>
/// <remarks>
/// Each delay is drawn evenly between <see cref="MinDelay"/> and a ceiling that doubles from twice that up to
/// <see cref="MaxDelay"/>: "full jitter" above a minimum (AWS Architecture Blog, "Exponential Backoff And Jitter").
/// </remarks>
public sealed class ReconnectOptions
{
    /// <summary>The shortest delay before the next attempt. Default 100 ms; 1 ms to <see cref="MaxDelay"/>.</summary>
    public TimeSpan MinDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The longest delay before the next attempt. Default 30 s, at most one day. Lower values find a server that came back
    /// sooner, and cost it more connections at once when it does.
    /// </summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection must have been held for the delays to start from <see cref="MinDelay"/> again. Default 10 s; not
    /// negative. At zero a server that accepts and closes at once is dialled without growing delays.
    /// </summary>
    public TimeSpan StableAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many attempts may fail one after another before the error of the last is thrown; at least 1. Default null: never
    /// give up.
    /// </summary>
    public int? MaxAttempts { get; set; }

    internal ReconnectOptions Checked()
    {
        if (MinDelay < TimeSpan.FromMilliseconds(1) || MinDelay > MaxDelay || MaxDelay > TimeSpan.FromDays(1))
        {
            throw new ArgumentException(
                $"Reconnect.MinDelay ({MinDelay}) must be 1 ms to MaxDelay ({MaxDelay}), which must be at most one day.");
        }

        if (StableAfter < TimeSpan.Zero)
            throw new ArgumentException($"Reconnect.StableAfter must not be negative, but is {StableAfter}.");
        if (MaxAttempts < 1)
            throw new ArgumentException($"Reconnect.MaxAttempts must be at least 1, or null for no end, but is {MaxAttempts}.");
        return (ReconnectOptions)MemberwiseClone();
    }
}
