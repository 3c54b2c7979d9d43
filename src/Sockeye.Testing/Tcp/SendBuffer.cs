using System.Buffers;

namespace Sockeye.Testing;

/// <summary>The bytes that were given to the system and are not acknowledged yet, by sequence number.</summary>
internal sealed class SendBuffer(int capacity)
{
    private readonly byte[] _ring = new byte[capacity];

    /// <summary>The first byte that is not acknowledged.</summary>
    public long Start { get; private set; }

    /// <summary>Behind the last byte that was given.</summary>
    public long End { get; private set; }

    public int FreeSpace => capacity - (int)(End - Start);

    /// <summary>Takes as much as there is room for.</summary>
    public int Write(in ReadOnlySequence<byte> bytes)
    {
        var taken = (int)Math.Min(FreeSpace, bytes.Length);
        foreach (var block in bytes.Slice(0, taken))
        {
            foreach (var value in block.Span)
                _ring[End++ % capacity] = value;
        }

        return taken;
    }

    public byte[] Copy(long from, int count)
    {
        var copy = new byte[count];
        for (var i = 0; i < count; i++)
            copy[i] = _ring[(from + i) % capacity];
        return copy;
    }

    public void Acknowledge(long upTo) => Start = Math.Clamp(upTo, Start, End);
}
