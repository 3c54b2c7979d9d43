namespace Sockeye.Cli;

/// <summary>One segment on the ladder of the page.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Time">Seconds since the start of the page.</param>
/// <param name="Port">The port of the client.</param>
/// <param name="IsFromClient">Whether the client sent it.</param>
/// <param name="Flags">Its flags, as "SYN, ACK".</param>
/// <param name="Length">The number of bytes of data.</param>
internal sealed record Segment(long Number, double Time, int Port, bool IsFromClient, string Flags, int Length)
{
    /// <summary>The sequence number, counted from that of the SYN; null if it is not known.</summary>
    public uint? Sequence { get; init; }

    /// <summary>The acknowledged sequence number, counted from that of the peer's SYN; null without ACK.</summary>
    public uint? Acknowledged { get; init; }

    /// <summary>Whether the same bytes were sent before.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>The observation that proves a segment that was not captured; null for a captured one.</summary>
    public string? Proof { get; init; }
}
