using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sockeye;

/// <summary>A growing buffer of pooled memory, which goes back when the last of its holders releases it.</summary>
/// <remarks>One caller fills it; from then on it may be read and released from many threads.</remarks>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 256;
    private const int MaxPooled = 256;

    private static readonly ConcurrentQueue<PooledBuffer> Pool = new();

    private byte[] _bytes = [];
    private int _length;
    private int _references;

    private PooledBuffer()
    {
    }

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    /// <summary>An empty buffer with one holder: the caller.</summary>
    public static PooledBuffer Rent()
    {
        if (!Pool.TryDequeue(out var buffer))
            buffer = new PooledBuffer();
        buffer._references = 1;
        return buffer;
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        // A full fence on both sides: the last holder's release comes after all other holders' reads.
        var left = Interlocked.Decrement(ref _references);
        Debug.Assert(left >= 0, "A buffer is released once by each holder.");
        if (left != 0)
            return;

        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
        // The count may be passed by a few when many release at once, which costs a few dozen bytes each.
        if (Pool.Count < MaxPooled)
            Pool.Enqueue(this);
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _length);
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureCapacity(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureCapacity(sizeHint);
        return _bytes.AsSpan(_length);
    }

    private void EnsureCapacity(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var needed = (long)_length + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length)
            return;

        if (needed > Array.MaxLength)
            throw FrameException.TooLong("An encoded message", $"{needed} bytes do not fit into an array of {Array.MaxLength}");
        var doubled = Math.Min(Math.Max(2L * _bytes.Length, InitialSize), Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, doubled));
        WrittenMemory.Span.CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
