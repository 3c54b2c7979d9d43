namespace Sockeye.Cli;

/// <summary>The counts of a period of load.</summary>
internal sealed record PeriodResult
{
    public required LoadTotals Totals { get; init; }

    /// <summary>The timestamp of the end of the warm-up.</summary>
    public required long Start { get; init; }

    /// <summary>The length of the measurement in nanoseconds.</summary>
    public required long Length { get; init; }

    public required long Unanswered { get; init; }

    public required long Unsent { get; init; }

    public required IReadOnlyList<PeriodInterval> Intervals { get; init; }

    /// <summary>Null in a closed loop.</summary>
    public LatencyHistogram? ScheduleError { get; init; }

    public required ProcessorUse Use { get; init; }

    /// <summary>The shares of <see cref="ThreadLoad.GetShares"/>.</summary>
    public required (double Busiest, double Waiting) Threads { get; init; }

    public double Seconds => Length / 1e9;

    public double Rate => Length == 0 ? 0 : Totals.Answers / Seconds;
}

/// <summary>An interval of a period.</summary>
/// <param name="Start">The timestamp of its start.</param>
/// <param name="Length">Its length in nanoseconds.</param>
/// <param name="Answers">The number of answers.</param>
/// <param name="BytesReceived">The bytes that arrived.</param>
/// <param name="Errors">The errors.</param>
/// <param name="Latency">Times from the planned start.</param>
/// <param name="Uncorrected">Times from the sending.</param>
/// <param name="Slowest">The slowest request.</param>
/// <param name="Use">The processor time.</param>
/// <param name="Signs">The signs of saturation of the server.</param>
internal sealed record PeriodInterval(
    long Start, long Length, long Answers, long BytesReceived, long Errors, LatencyHistogram Latency,
    LatencyHistogram Uncorrected, SlowRequest? Slowest, ProcessorUse Use, IReadOnlyList<string>? Signs)
{
    public double Rate => Length == 0 ? 0 : Answers * 1e9 / Length;
}
