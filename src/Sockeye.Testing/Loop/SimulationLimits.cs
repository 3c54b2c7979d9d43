namespace Sockeye.Testing;

/// <summary>Where a run that does not end is stopped.</summary>
public sealed class SimulationLimits
{
    /// <summary>Virtual time, default 30 days.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Pieces of work, default 100 million.</summary>
    public long MaxSteps { get; init; } = 100_000_000;

    /// <summary>Real time that one piece of work may take, default 1 minute: longer means that it blocks the run's thread. Not
    /// looked at under a debugger.</summary>
    public TimeSpan MaxStepTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many events the trace keeps, default 10,000: the last ones.</summary>
    public int MaxTraceEvents { get; init; } = 10_000;

    /// <summary>How long, in real time, a run with nothing left to do waits for a thread that left it, default 100 ms: only to
    /// name the mistake; a run that keeps to the rules never waits.</summary>
    public TimeSpan StragglerTimeout { get; init; } = TimeSpan.FromMilliseconds(100);
}
