using System.Buffers;
using System.Diagnostics;

namespace Sockeye;

/// <summary>The segments of a stream, from the first byte that is still needed. Must not be copied.</summary>
internal struct SegmentList
{
    public PipeSegment? Head { get; private set; }

    public PipeSegment? Tail { get; private set; }

    /// <summary>The index of the first byte in <see cref="Head"/>.</summary>
    public int HeadIndex { get; private set; }

    public readonly ReadOnlySequence<byte> Bytes =>
        Head is null ? ReadOnlySequence<byte>.Empty : new(Head, HeadIndex, Tail!, Tail!.End);

    /// <summary>The position in the stream of the first byte.</summary>
    public readonly long Start
    {
        get
        {
            Debug.Assert(Head is not null, "The list is not empty.");
            return Head.RunningIndex + HeadIndex;
        }
    }

    /// <param name="segment">The segment in which the stream continues.</param>
    /// <param name="position">The position in the stream at which the segment starts, if it is the first.</param>
    public void Append(PipeSegment segment, long position)
    {
        if (Tail is null)
        {
            (Head, HeadIndex) = (segment, 0);
            segment.StartAt(position);
        }
        else
        {
            Tail.Append(segment);
        }

        Tail = segment;
    }

    /// <summary>Appends a copy of bytes, in rented segments.</summary>
    public void AppendCopy(ReadOnlySpan<byte> bytes, long position, IPipeDriver driver)
    {
        while (!bytes.IsEmpty)
        {
            var segment = driver.Rent(Math.Min(bytes.Length, SegmentPool.LargeSize));
            var part = bytes[..Math.Min(bytes.Length, segment.FreeLength)];
            part.CopyTo(segment.Free.Span);
            segment.Fill(part.Length);
            Append(segment, position);
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Releases the bytes before a position, and the segments that have no others.</summary>
    /// <param name="position">A position in the stream.</param>
    /// <param name="keepsTail">Whether the last segment stays, because its free part is being filled.</param>
    public void ReleaseTo(long position, bool keepsTail)
    {
        while (Head is { } segment && segment.RunningIndex + segment.End <= position && (segment != Tail || !keepsTail))
        {
            (Head, HeadIndex) = (segment.NextSegment, 0);
            if (Head is null)
                Tail = null;
            segment.Release();
        }

        if (Head is not null)
            HeadIndex = (int)Math.Max(HeadIndex, position - Head.RunningIndex);
        AssertConsistent();
    }

    /// <summary>Leaves all segments to a reader that may still use them.</summary>
    public void Abandon()
    {
        for (var segment = Head; segment is not null; segment = segment.NextSegment)
            segment.Abandon();
        (Head, Tail, HeadIndex) = (null, null, 0);
    }

    [Conditional("DEBUG")]
    public readonly void AssertConsistent()
    {
        Debug.Assert(Head is null == Tail is null, "The list has both ends or none.");
        Debug.Assert(Head is null || (HeadIndex >= 0 && HeadIndex <= Head.End), "The first byte is in the first segment.");
    }
}
