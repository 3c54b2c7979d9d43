using System.Diagnostics;

namespace Sockeye.Testing;

/// <summary>Bytes that arrived in order and were not read yet, and bytes that arrived early.</summary>
internal sealed class ReceiveBuffer(int capacity)
{
    private readonly LinkedList<ReadOnlyMemory<byte>> _inOrder = new();
    private readonly SortedDictionary<long, ReadOnlyMemory<byte>> _early = [];
    private long? _finAt;

    /// <summary>The next sequence number that is missing; the FIN counts as one.</summary>
    public long Next { get; private set; }

    /// <summary>The number of bytes that can be read.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the FIN and everything before it has arrived.</summary>
    public bool HasEnded => Next > _finAt;

    /// <summary>The number of bytes that the peer may still send.</summary>
    public int Window => capacity - Count;

    public void Add(long sequence, ReadOnlyMemory<byte> payload, bool isFin)
    {
        Debug.Assert(sequence >= 0, "Sequence numbers count from 0.");
        if (isFin)
        {
            Debug.Assert(_finAt is null || _finAt == sequence + payload.Length, "A direction has one end.");
            _finAt = sequence + payload.Length;
        }

        var isLonger = !_early.TryGetValue(sequence, out var known) || known.Length < payload.Length;
        if (sequence + payload.Length > Next && isLonger && !payload.IsEmpty)
            _early[sequence] = payload;
        while (_early.Count > 0 && _early.First() is var (start, bytes) && start <= Next)
        {
            _early.Remove(start);

            // A retransmitted segment may start before the gap, or be before it. Only its new part counts.
            if (start + bytes.Length <= Next)
                continue;
            bytes = bytes[(int)(Next - start)..];
            _inOrder.AddLast(bytes);
            Next += bytes.Length;
            Count += bytes.Length;
        }

        if (Next == _finAt)
            Next++;
        Debug.Assert(_finAt is null || Next <= _finAt + 1, "No data follows FIN.");
    }

    public int Read(Memory<byte> buffer)
    {
        var read = 0;
        while (read < buffer.Length && _inOrder.First is { } first)
        {
            var part = first.Value[..Math.Min(first.Value.Length, buffer.Length - read)];
            part.CopyTo(buffer[read..]);
            read += part.Length;
            first.Value = first.Value[part.Length..];
            if (first.Value.IsEmpty)
                _inOrder.RemoveFirst();
        }

        Count -= read;
        Debug.Assert(Count >= 0 && (Count == 0) == (_inOrder.Count == 0), "The count is that of the bytes in order.");
        return read;
    }
}
