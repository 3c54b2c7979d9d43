namespace Sockeye;

/// <summary>
/// A limit on bytes a second, shared in rotation by all connections that use it: <c>UseBandwidthLimit</c> of an endpoint or of a
/// client. One object may limit both directions, several endpoints, servers and clients together.
/// </summary>
/// <remarks>
/// Bytes wait; none are lost. Slower reading makes TCP slow down the peer, and slower writing makes the handler's flush wait.
/// Over any time t, at most burst + rate × t bytes pass. Waiting connections get a tenth of a second's worth each in rotation, or
/// less if there are many (at least 1,460 bytes). The limit uses the clock of the first server or client that uses it. It is safe
/// for concurrent callers.
/// </remarks>
public sealed class BandwidthLimit
{
    // The smallest grant: the payload of one segment over Ethernet.
    private const int SegmentSize = 1460;
    private const long MaxRate = 1_000_000_000_000;

    private BandwidthQueue? _queue;

    /// <summary>Creates a limit with a rate and a burst.</summary>
    /// <param name="bytesPerSecond">The number of bytes a second. Range: 1 to 10^12.</param>
    /// <param name="burst">The number of bytes that may pass at once after a quiet time. Default: a tenth of a second's worth, at
    /// least 1,460. Range: 1 to 10^12.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public BandwidthLimit(long bytesPerSecond, long? burst = null)
    {
        BytesPerSecond = OptionChecks.InRange(bytesPerSecond, 1, MaxRate, nameof(bytesPerSecond));
        Burst = OptionChecks.InRange(burst, 1, MaxRate, nameof(burst)) ?? Math.Max(bytesPerSecond / 10, SegmentSize);
    }

    /// <summary>Gets the number of bytes a second.</summary>
    public long BytesPerSecond { get; }

    /// <summary>Gets the number of bytes that may pass at once after a quiet time.</summary>
    public long Burst { get; }

    /// <summary>The largest grant, for a connection that waits alone.</summary>
    internal long Slice => Math.Clamp(BytesPerSecond / 10, 1, Burst);

    /// <summary>The smallest grant.</summary>
    internal long MinSlice => Math.Min(Slice, SegmentSize);

    internal BandwidthQueue GetQueue(TimeProvider time) =>
        LazyInitializer.EnsureInitialized(ref _queue, () => new(this, time))!;
}
