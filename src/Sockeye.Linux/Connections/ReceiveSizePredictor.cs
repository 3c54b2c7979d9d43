using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>Predicts the segment size for a connection's next bytes from what the last ones needed.</summary>
/// <remarks>
/// A small size for all would cost a stream a call for each few KiB; a large one would hold the memory of many connections for a
/// few bytes each.
/// </remarks>
internal struct ReceiveSizePredictor()
{
    public int Next { get; private set; } = SegmentPool.TinySize;

    /// <summary>Whether the connection streams: much is likely to follow.</summary>
    public readonly bool IsStreaming => Next == SegmentPool.LargeSize;

    /// <param name="received">What a receive gave.</param>
    /// <param name="room">What it could have given.</param>
    public void Record(int received, int room)
    {
        Debug.Assert(received > 0 && received <= room, "A receive gives no more than it has room for.");
        if (received < room || Next == SegmentPool.LargeSize)
            Next = received <= SegmentPool.TinySize / 2 ? SegmentPool.TinySize
                : received < SegmentPool.SmallSize ? SegmentPool.SmallSize
                : SegmentPool.LargeSize;
        else
            Next = Next == SegmentPool.TinySize ? SegmentPool.SmallSize : SegmentPool.LargeSize;
    }

    /// <summary>Large memory has run out.</summary>
    public void Reduce() => Next = SegmentPool.SmallSize;
}
