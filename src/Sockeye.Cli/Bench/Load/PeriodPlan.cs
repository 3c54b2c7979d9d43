namespace Sockeye.Cli;

/// <summary>The length and the rate of a period of load.</summary>
internal sealed record PeriodPlan
{
    /// <summary>The rate of an open loop; null: a closed loop.</summary>
    public double? Rate { get; init; }

    public Arrivals Arrivals { get; init; }

    /// <summary>The number of requests that start together.</summary>
    public int Burst { get; init; } = 1;

    public int Seed { get; init; } = 1;

    public TimeSpan WarmUp { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The number of requests after which the period ends.</summary>
    public long Budget { get; init; } = long.MaxValue;

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The time that the last answers have after the end.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);
}
