using System.Diagnostics;

namespace Sockeye.Transports;

/// <summary>Predicts the segment size for the next bytes of a connection from its last receives.</summary>
/// <remarks>
/// With only small segments, a stream would need a call for every few KiB; with only large ones, many connections would hold much
/// memory for a few bytes each.
/// </remarks>
public struct ReceiveSizePredictor()
{
    /// <summary>Gets the predicted size in bytes: that of a segment of <see cref="SegmentPool"/>.</summary>
    public int Next { get; private set; } = SegmentPool.TinySize;

    /// <summary>Whether the connection streams: much is likely to follow.</summary>
    public readonly bool IsStreaming => Next == SegmentPool.LargeSize;

    /// <summary>Records a receive.</summary>
    /// <param name="received">The number of received bytes.</param>
    /// <param name="limit">The maximum number that the receive could return.</param>
    public void Record(int received, int limit)
    {
        Debug.Assert(received > 0 && received <= limit, "A receive stays within its limit.");
        if (received < limit || Next == SegmentPool.LargeSize)
            Next = received <= SegmentPool.TinySize / 2 ? SegmentPool.TinySize
                : received < SegmentPool.SmallSize ? SegmentPool.SmallSize
                : SegmentPool.LargeSize;
        else
            Next = Next == SegmentPool.TinySize ? SegmentPool.SmallSize : SegmentPool.LargeSize;
    }

    /// <summary>Selects a small size, because large segments have run out.</summary>
    public void Reduce() => Next = SegmentPool.SmallSize;
}
