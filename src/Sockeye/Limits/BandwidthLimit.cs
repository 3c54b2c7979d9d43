namespace Sockeye;

/// <summary>
/// How many bytes a second may pass, for all connections that it is given to, in turn: <c>UseBandwidthLimit</c> of an endpoint
/// or of a client. One object may limit both directions, several endpoints, servers and clients together.
/// </summary>
/// <remarks>
/// Bytes wait, and none is lost: reading slower lets TCP slow the peer down, writing slower lets the handler's flush wait. Over
/// any time t at most burst + rate × t bytes pass. Waiting connections get a tenth of a second's worth in turn, less the more
/// they are (1,460 bytes at least), so that none is forgotten. It goes by the clock of the first server or client that uses it.
/// Safe from many threads.
/// </remarks>
public sealed class BandwidthLimit
{
    // The least that is worth a turn: what one segment carries over Ethernet.
    private const int SegmentSize = 1460;

    private BandwidthQueue? _queue;

    /// <summary>A rate, and how much may pass at once.</summary>
    /// <param name="bytesPerSecond">Range: 1 to 10^12.</param>
    /// <param name="burst">Bytes that may pass at once after a quiet time; default: a tenth of a second's worth, at least 1,460.
    /// Range: 1 to 10^12.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of its range.</exception>
    public BandwidthLimit(long bytesPerSecond, long? burst = null)
    {
        BytesPerSecond = Checked(bytesPerSecond, nameof(bytesPerSecond));
        Burst = Checked(burst ?? Math.Max(bytesPerSecond / 10, SegmentSize), nameof(burst));
    }

    /// <summary>Bytes a second.</summary>
    public long BytesPerSecond { get; }

    /// <summary>Bytes that may pass at once after a quiet time.</summary>
    public long Burst { get; }

    /// <summary>What a connection may get in one turn, when it waits alone.</summary>
    internal long Slice => Math.Clamp(BytesPerSecond / 10, 1, Burst);

    /// <summary>What it gets in any case.</summary>
    internal long MinSlice => Math.Min(Slice, SegmentSize);

    internal BandwidthQueue GetQueue(TimeProvider time) =>
        LazyInitializer.EnsureInitialized(ref _queue, () => new(this, time))!;

    private static long Checked(long value, string name) => value is >= 1 and <= 1_000_000_000_000
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is from 1 to 10^12 bytes.");
}
