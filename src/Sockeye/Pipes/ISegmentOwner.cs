namespace Sockeye.Transports;

/// <summary>The owner of segments, to which they are returned. Safe from any thread.</summary>
public interface ISegmentOwner
{
    /// <summary>Takes back a segment, which is empty.</summary>
    void TakeBack(PipeSegment segment);

    /// <summary>
    /// Abandons a segment that a reader may still use. It is not rented again, and the garbage collector frees its memory.
    /// </summary>
    void Abandon(PipeSegment segment);
}
