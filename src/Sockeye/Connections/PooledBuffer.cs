using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sockeye;

/// <summary>A growing buffer of pooled memory with a count of references. The last release returns it to the pool.</summary>
/// <remarks>One caller fills it. After that, any thread may read and release it. It holds at most
/// <see cref="Array.MaxLength"/> bytes: a longer one throws <see cref="InsufficientMemoryException"/>.</remarks>
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

    public ReadOnlyMemory<byte> WrittenMemory
    {
        get
        {
            AssertReferenced();
            return _bytes.AsMemory(0, _length);
        }
    }

    /// <summary>Returns an empty buffer with one reference, which belongs to the caller.</summary>
    public static PooledBuffer Rent()
    {
        if (!Pool.TryDequeue(out var buffer))
            buffer = new PooledBuffer();
        Debug.Assert(buffer._references == 0 && buffer._length == 0, "A pooled buffer is empty and has no reference.");
        buffer._references = 1;
        return buffer;
    }

    /// <summary>Returns a buffer that holds a copy of the bytes, with one reference, which belongs to the caller.</summary>
    public static PooledBuffer CopyOf(ReadOnlySpan<byte> bytes)
    {
        var buffer = Rent();
        buffer.Write(bytes);
        return buffer;
    }

    public void AddReference()
    {
        AssertReferenced();
        Interlocked.Increment(ref _references);
    }

    public void Release()
    {
        // A full fence on both sides: the last release comes after the reads of all other references.
        var left = Interlocked.Decrement(ref _references);
        Debug.Assert(left >= 0, "Each reference is released once.");
        if (left != 0)
            return;

        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
        // Concurrent releases may exceed the maximum by a few buffers, which cost a few dozen bytes each.
        if (Pool.Count < MaxPooled)
            Pool.Enqueue(this);
    }

    public void Advance(int count)
    {
        AssertReferenced();
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
        AssertReferenced();
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var needed = (long)_length + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length)
            return;

        if (needed > Array.MaxLength)
            throw new InsufficientMemoryException($"A buffer cannot hold {needed} bytes: the maximum is {Array.MaxLength}.");
        var doubled = Math.Min(Math.Max(2L * _bytes.Length, InitialSize), Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, doubled));
        WrittenMemory.Span.CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    [Conditional("DEBUG")]
    private void AssertReferenced() =>
        Debug.Assert(Volatile.Read(ref _references) > 0, "A buffer is used only while there is a reference to it.");
}
