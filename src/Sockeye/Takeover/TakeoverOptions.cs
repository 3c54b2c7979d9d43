namespace Sockeye;

/// <summary>The options of <c>UseTakeover</c>.</summary>
public sealed class TakeoverOptions
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Gets or sets the maximum time that the other process has for each step of a takeover. After it, the takeover
    /// fails, and the process that served continues. Default: 10 s. Range: 100 ms to 10 minutes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan StepTimeout
    {
        get;
        set => field = OptionChecks.InRange(value, MinTimeout, MaxTimeout);
    } = TimeSpan.FromSeconds(10);

    /// <summary>Called at each step, for tests. It may end the process.</summary>
    internal Action<TakeoverStep>? OnStep { get; set; }
}
