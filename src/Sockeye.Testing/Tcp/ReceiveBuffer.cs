namespace Sockeye.Testing;

/// <summary>What has arrived in order and was not taken yet, and what came too early.</summary>
internal sealed class ReceiveBuffer(int capacity)
{
    private readonly LinkedList<ReadOnlyMemory<byte>> _inOrder = new();
    private readonly SortedDictionary<long, ReadOnlyMemory<byte>> _early = [];
    private long? _finAt;

    /// <summary>The next byte that is missing; the FIN counts as one.</summary>
    public long Next { get; private set; }

    public int Count { get; private set; }

    /// <summary>Whether the FIN and everything before it has arrived.</summary>
    public bool HasEnded => Next > _finAt;

    /// <summary>How much more the peer may send.</summary>
    public int Window => capacity - Count;

    public void Add(long sequence, ReadOnlyMemory<byte> payload, bool isFin)
    {
        if (isFin)
            _finAt = sequence + payload.Length;
        var isLonger = !_early.TryGetValue(sequence, out var known) || known.Length < payload.Length;
        if (sequence + payload.Length > Next && isLonger && !payload.IsEmpty)
            _early[sequence] = payload;
        while (_early.Count > 0 && _early.First() is var (start, bytes) && start <= Next)
        {
            _early.Remove(start);
            // What comes twice begins before the gap, or beyond it: only its new part counts.
            if (start + bytes.Length <= Next)
                continue;
            bytes = bytes[(int)(Next - start)..];
            _inOrder.AddLast(bytes);
            Next += bytes.Length;
            Count += bytes.Length;
        }

        if (Next == _finAt)
            Next++;
    }

    public int Read(Memory<byte> buffer)
    {
        var taken = 0;
        while (taken < buffer.Length && _inOrder.First is { } first)
        {
            var part = first.Value[..Math.Min(first.Value.Length, buffer.Length - taken)];
            part.CopyTo(buffer[taken..]);
            taken += part.Length;
            first.Value = first.Value[part.Length..];
            if (first.Value.IsEmpty)
                _inOrder.RemoveFirst();
        }

        Count -= taken;
        return taken;
    }
}
