using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Scenarios;
using Sockeye.Linux;

namespace Sockeye.Comparison.Running;

/// <summary>What a run compares, and how long.</summary>
internal sealed record RunOptions
{
    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    public required IReadOnlyList<Contestant> Contestants { get; init; }

    public int Rounds { get; init; } = 5;

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(0.6);

    /// <summary>Load on each server before anything is measured, so that its code is compiled for good.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Load before each window, so that its connections have found their rhythm.</summary>
    public TimeSpan Ramp { get; init; } = TimeSpan.FromSeconds(0.15);

    /// <summary>After opening idle connections, before memory is read.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Decides the order of servers within the rounds.</summary>
    public int Seed { get; init; } = 1;

    public int ServerProcessor { get; init; }

    public int LoadProcessor { get; init; } = 1;

    public LinuxEngine LoadEngine { get; init; }
}
