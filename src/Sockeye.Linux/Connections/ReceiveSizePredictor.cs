using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>Predicts the segment size for the next bytes of a connection from its last receives.</summary>
/// <remarks>
/// With only small segments, a stream would need a call for every few KiB; with only large ones, many connections would hold much
/// memory for a few bytes each.
/// </remarks>
internal struct ReceiveSizePredictor()
{
    public int Next { get; private set; } = SegmentPool.TinySize;

    /// <summary>Whether the connection streams: much is likely to follow.</summary>
    public readonly bool IsStreaming => Next == SegmentPool.LargeSize;

    /// <param name="received">The number of received bytes.</param>
    /// <param name="room">The maximum number that the receive could return.</param>
    public void Record(int received, int room)
    {
        Debug.Assert(received > 0 && received <= room, "A receive stays within its room.");
        if (received < room || Next == SegmentPool.LargeSize)
            Next = received <= SegmentPool.TinySize / 2 ? SegmentPool.TinySize
                : received < SegmentPool.SmallSize ? SegmentPool.SmallSize
                : SegmentPool.LargeSize;
        else
            Next = Next == SegmentPool.TinySize ? SegmentPool.SmallSize : SegmentPool.LargeSize;
    }

    /// <summary>Selects a small size, because large segments have run out.</summary>
    public void Reduce() => Next = SegmentPool.SmallSize;
}
