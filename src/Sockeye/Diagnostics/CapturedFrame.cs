namespace Sockeye;

/// <summary>A segment to write to the file.</summary>
/// <param name="Connection">The connection of the segment.</param>
/// <param name="IsOutbound">Whether this process sent the segment.</param>
/// <param name="Bits">Its control bits.</param>
/// <param name="Sequence">The sequence number of its first byte.</param>
/// <param name="Acknowledged">The next sequence number that is expected from the other side.</param>
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
