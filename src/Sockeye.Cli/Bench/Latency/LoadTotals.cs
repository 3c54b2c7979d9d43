namespace Sockeye.Cli;

/// <summary>The counts of a run up to some moment.</summary>
internal sealed class LoadTotals
{
    /// <summary>The answers that arrived after the warm-up and before the end.</summary>
    public long Answers { get; set; }

    public long BytesReceived { get; set; }

    /// <summary>The timestamp of the last answer; 0 if there is none.</summary>
    public long LastAnswer { get; set; }

    /// <summary>Times from the planned start of a request to its answer.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Times from the sending of a request to its answer.</summary>
    public LatencyHistogram Uncorrected { get; } = new();

    public void Clear()
    {
        (Answers, BytesReceived, LastAnswer) = (0, 0, 0);
        Latency.Clear();
        Uncorrected.Clear();
    }
}
