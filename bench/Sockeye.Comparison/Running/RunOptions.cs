using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Scenarios;
using Sockeye.Linux;

namespace Sockeye.Comparison.Running;

/// <summary>What a run compares, and how long.</summary>
internal sealed record RunOptions
{
    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    public required IReadOnlyList<Contestant> Contestants { get; init; }

    public required int Rounds { get; init; }

    public required TimeSpan Window { get; init; }

    /// <summary>Load on each server before anything is measured, so that its code is compiled for good.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Load before each window, so that its connections have found their rhythm.</summary>
    public TimeSpan Ramp { get; init; } = TimeSpan.FromSeconds(0.15);

    /// <summary>After opening idle connections, before memory is read.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Decides the order of servers within the rounds.</summary>
    public required int Seed { get; init; }

    public required int ServerProcessor { get; init; }

    public required int LoadProcessor { get; init; }

    public LinuxEngine LoadEngine { get; init; }
}
