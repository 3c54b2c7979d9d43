using System.Buffers;

namespace Sockeye.Fuzz.Targets;

/// <summary>Bytes as the worst network brings them: each in a separate segment.</summary>
internal sealed class ByteSegments : ReadOnlySequenceSegment<byte>
{
    private ByteSegments(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

    /// <summary>Prefixes of every length, from 0 on.</summary>
    public static IEnumerable<ReadOnlySequence<byte>> Prefixes(byte[] bytes)
    {
        yield return ReadOnlySequence<byte>.Empty;
        ByteSegments? first = null, last = null;
        for (var i = 0; i < bytes.Length; i++)
        {
            var next = new ByteSegments(bytes.AsMemory(i, 1), i);
            if (last is not null)
                last.Next = next;
            (first, last) = (first ?? next, next);
            yield return new(first, 0, last, 1);
        }
    }
}
