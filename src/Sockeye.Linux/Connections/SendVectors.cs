using System.Buffers;
using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>The pieces of memory of one send, for the kernel.</summary>
internal static class SendVectors
{
    /// <summary>Fills the vectors with the addresses of bytes of an <see cref="OutputPipe"/>, as many as fit.</summary>
    /// <returns>The number of filled vectors, and of their bytes.</returns>
    public static (int Count, int Bytes) Fill(Span<IoVector> vectors, in ReadOnlySequence<byte> bytes)
    {
        var (used, total) = (0, 0);
        var (segment, index) = ((PipeSegment)bytes.Start.GetObject()!, bytes.Start.GetInteger());
        var (last, end) = ((PipeSegment)bytes.End.GetObject()!, bytes.End.GetInteger());
        while (used < vectors.Length)
        {
            var length = (segment == last ? end : segment.End) - index;
            // The segment may be sent, and kept for the writer, which then needed more than its free part.
            if (length > 0)
                vectors[used++] = new() { Address = segment.Address + index, Length = length };
            total += length;
            if (segment == last)
                break;
            (segment, index) = (segment.NextSegment!, 0);
        }

        Debug.Assert(used > 0 && total > 0, "Flushed and unsent bytes are in the segments.");
        return (used, total);
    }
}
