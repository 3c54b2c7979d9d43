namespace Sockeye.Testing;

/// <summary>Limits that stop a run which does not end.</summary>
public sealed class SimulationLimits
{
    /// <summary>Gets the limit of virtual time. Default: 30 days.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Gets the limit of work items. Default: 100 million.</summary>
    public long MaxSteps { get; init; } = 100_000_000;

    /// <summary>
    /// Gets the limit of real time for one work item. Default: 1 minute. An item that takes longer counts as one that blocks the
    /// thread of the run. Not checked under a debugger.
    /// </summary>
    public TimeSpan MaxStepTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets the number of events that the trace keeps, the last ones. Default: 10,000.</summary>
    public int MaxTraceEvents { get; init; } = 10_000;

    /// <summary>
    /// Gets the real time that a run with no work left waits for a continuation on another thread. Default: 100 ms. The wait only
    /// serves to report that mistake; a run that keeps the rules never waits.
    /// </summary>
    public TimeSpan StragglerTimeout { get; init; } = TimeSpan.FromMilliseconds(100);
}
