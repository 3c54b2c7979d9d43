using HdrHistogram;

namespace Sockeye.Upgrade.Running;

/// <summary>The figures of one engine. Times are in microseconds.</summary>
internal sealed record UpgradeResult(string Engine, int Connections, int Upgrades)
{
    /// <summary>The pause of each connection at each move, as the server measures it.</summary>
    public required HistogramBase Pauses { get; init; }

    /// <summary>The time of each answer, as the clients measure it, with and without an upgrade in it.</summary>
    public required HistogramBase Answers { get; init; }

    /// <summary>The time of each takeover, from the first message to the last.</summary>
    public required HistogramBase Takeovers { get; init; }

    public required long Visits { get; init; }

    public required int FailedConnects { get; init; }

    public required int Lost { get; init; }

    public required int Wrong { get; init; }

    public required int InLastProcess { get; init; }

    /// <summary>Whether no client has noticed an upgrade.</summary>
    public bool IsUnnoticed => FailedConnects == 0 && Lost == 0 && Wrong == 0 && InLastProcess == Connections;
}
