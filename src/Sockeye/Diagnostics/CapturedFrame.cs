namespace Sockeye;

/// <summary>One segment on its way to the file.</summary>
/// <param name="Connection">Whose it is.</param>
/// <param name="IsOutbound">From this process to the peer.</param>
/// <param name="Bits">Its control bits.</param>
/// <param name="Sequence">The number of its first byte.</param>
/// <param name="Acknowledged">The number that is expected of the other side.</param>
/// <param name="Time">Nanoseconds since 1970.</param>
internal readonly record struct CapturedFrame(
    CapturedConnection Connection, bool IsOutbound, TcpBits Bits, uint Sequence, uint Acknowledged, long Time)
{
    /// <summary>Bytes that passed.</summary>
    public int Length { get; init; }

    /// <summary>From a pool, whose it is again once the frame was written; null without data.</summary>
    public byte[]? Pooled { get; init; }

    /// <summary>How many of the bytes are kept.</summary>
    public int KeptLength { get; init; }

    public string? Comment { get; init; }

    public ReadOnlySpan<byte> Kept => Pooled.AsSpan(0, KeptLength);
}
