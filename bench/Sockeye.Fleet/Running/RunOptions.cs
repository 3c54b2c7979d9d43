namespace Sockeye.Fleet.Running;

/// <summary>What to measure, and how.</summary>
internal sealed record RunOptions
{
    public required IReadOnlyList<string> Scenarios { get; init; }

    public required IReadOnlyList<string> Servers { get; init; }

    public required int Rounds { get; init; }

    public required int Nodes { get; init; }

    /// <summary>Members on each node.</summary>
    public required int Members { get; init; }

    /// <summary>How many lines of a broadcast may be on their way at once, one measurement for each value.</summary>
    public required IReadOnlyList<int> InFlight { get; init; }

    /// <summary>The length of one measurement.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Addressed lines a second.</summary>
    public required int Rate { get; init; }

    /// <summary>Connections that are held.</summary>
    public required int Held { get; init; }

    /// <summary>Tables as Markdown.</summary>
    public required bool Markdown { get; init; }

    public required int Seed { get; init; }
}
