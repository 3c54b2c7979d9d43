using System.Buffers;
using System.Diagnostics;

namespace Sockeye.Testing;

/// <summary>Written bytes that are not acknowledged yet, by sequence number.</summary>
internal sealed class SendBuffer(int capacity)
{
    private readonly byte[] _ring = new byte[capacity];

    /// <summary>The first byte that is not acknowledged.</summary>
    public long Start { get; private set; }

    /// <summary>The end of the written bytes.</summary>
    public long End { get; private set; }

    public int FreeSpace => capacity - (int)(End - Start);

    /// <summary>Writes as many bytes as there is space for, and returns their number.</summary>
    public int Write(in ReadOnlySequence<byte> bytes)
    {
        var written = (int)Math.Min(FreeSpace, bytes.Length);
        foreach (var block in bytes.Slice(0, written))
        {
            foreach (var value in block.Span)
                _ring[End++ % capacity] = value;
        }

        Debug.Assert(Start <= End && End - Start <= capacity, "The bytes fit into the buffer.");
        return written;
    }

    public byte[] Copy(long from, int count)
    {
        Debug.Assert(from >= Start && from + count <= End, "The bytes are not acknowledged.");
        var copy = new byte[count];
        for (var i = 0; i < count; i++)
            copy[i] = _ring[(from + i) % capacity];
        return copy;
    }

    public void Acknowledge(long upTo) => Start = Math.Clamp(upTo, Start, End);
}
