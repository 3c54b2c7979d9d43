namespace Sockeye;

/// <summary>A segment to be written to the file.</summary>
/// <param name="Connection">The connection of the segment.</param>
/// <param name="IsOutbound">From this process to the peer.</param>
/// <param name="Bits">Its control bits.</param>
/// <param name="Sequence">The sequence number of its first byte.</param>
/// <param name="Acknowledged">The sequence number that is expected of the other side.</param>
/// <param name="Time">The time in nanoseconds since 1970.</param>
internal readonly record struct CapturedFrame(
    CapturedConnection Connection, bool IsOutbound, TcpBits Bits, uint Sequence, uint Acknowledged, long Time)
{
    /// <summary>The number of bytes in the segment.</summary>
    public int Length { get; init; }

    /// <summary>A pooled array, returned once the frame is written; null without data.</summary>
    public byte[]? Pooled { get; init; }

    /// <summary>The number of bytes that are kept.</summary>
    public int KeptLength { get; init; }

    public string? Comment { get; init; }

    public ReadOnlySpan<byte> Kept => Pooled.AsSpan(0, KeptLength);
}
