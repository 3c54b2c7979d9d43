namespace Sockeye.Testing;

/// <summary>Limits that stop a run which does not end.</summary>
public sealed class SimulationLimits
{
    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxRealTime = TimeSpan.FromDays(1);

    /// <summary>Gets the maximum virtual time of a run. Default: 30 days. Range: at least 1 ms.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1 ms.</exception>
    public TimeSpan MaxDuration { get; init => field = OptionChecks.AtLeast(value, MinTime); } = TimeSpan.FromDays(30);

    /// <summary>Gets the maximum number of work items. Default: 100 million. Range: at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long MaxSteps { get; init => field = OptionChecks.AtLeast(value, 1); } = 100_000_000;

    /// <summary>
    /// Gets the maximum real time for one work item. Default: 1 minute. Range: 1 ms to 1 day. An item that takes longer counts as
    /// one that blocks the thread of the run. Not checked under a debugger.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan MaxStepTime
    {
        get;
        init => field = OptionChecks.InRange(value, MinTime, MaxRealTime);
    } = TimeSpan.FromMinutes(1);

    /// <summary>Gets the maximum number of events that the trace keeps, the last ones. Default: 10,000. Range: at least
    /// 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxTraceEvents { get; init => field = OptionChecks.AtLeast(value, 1); } = 10_000;

    /// <summary>
    /// Gets the maximum real time that a run with nothing left to do waits for a continuation on another thread. Default: 100 ms.
    /// Range: 1 ms to 1 day. The wait only serves to name the mistake; a run that keeps the rules never waits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan StragglerTimeout
    {
        get;
        init => field = OptionChecks.InRange(value, MinTime, MaxRealTime);
    } = TimeSpan.FromMilliseconds(100);
}
