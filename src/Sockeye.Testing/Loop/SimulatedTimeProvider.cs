namespace Sockeye.Testing;

/// <summary>The clock of a run, or of one host, whose wall clock may jump. Timers and timestamps never do.</summary>
internal sealed class SimulatedTimeProvider(TimerQueue timers) : TimeProvider
{
    /// <summary>The start of every run: a fixed date, so that printed times are the same in every run.</summary>
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The error of the wall clock.</summary>
    public TimeSpan Offset { get; set; }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Epoch + timers.Now + Offset;

    public override long GetTimestamp() => timers.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        WaitWithTimeout.KeepOnContext(state);
        return new SimulatedTimer(timers, callback, state, dueTime, period);
    }
}
