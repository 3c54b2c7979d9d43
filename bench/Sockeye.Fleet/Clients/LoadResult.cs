using System.Text.Json;

namespace Sockeye.Fleet.Clients;

/// <summary>What clients report of one measurement.</summary>
internal sealed record LoadResult
{
    private const string Word = "DONE";

    /// <summary>Lines that were sent.</summary>
    public long Sent { get; init; }

    /// <summary>Lines that arrived, by all members together.</summary>
    public long Received { get; init; }

    public long Lost { get; init; }

    /// <summary>Lines that came twice or out of order, since the clients started.</summary>
    public long Doubled { get; init; }

    /// <summary>Connections that the servers closed, since the clients started.</summary>
    public long Closed { get; init; }

    /// <summary>Bytes that arrived.</summary>
    public long Bytes { get; init; }

    /// <summary>Latency in µs, from when a line was due.</summary>
    public long P50 { get; init; }

    public long P99 { get; init; }

    public long P100 { get; init; }

    /// <summary>From the first line to the last receipt.</summary>
    public double Seconds { get; init; }

    /// <summary>What went wrong, as a phrase; null if nothing did.</summary>
    public string? Fault => Lost == 0 && Doubled == 0 && Closed == 0
        ? null
        : $"{Lost} lines lost, {Doubled} doubled or out of order, {Closed} connections closed";

    public static LoadResult Parse(string line) => line.StartsWith(Word, StringComparison.Ordinal)
        ? JsonSerializer.Deserialize<LoadResult>(line[Word.Length..])!
        : throw new InvalidDataException($"The clients answered \"{line}\".");

    public string ToLine() => $"{Word} {JsonSerializer.Serialize(this)}";
}
