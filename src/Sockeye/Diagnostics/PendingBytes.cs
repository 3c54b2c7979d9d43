using System.Buffers;

namespace Sockeye;

/// <summary>Written bytes that are not flushed yet, in pooled memory that is held only while there are some.</summary>
internal struct PendingBytes
{
    /// <summary>Most messages are small.</summary>
    private const int MinSize = 512;

    private byte[]? _pooled;
    private int _length;

    public readonly int Length => _length;

    public readonly ReadOnlySequence<byte> Sequence => _pooled is null ? default : new(_pooled, 0, _length);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (_pooled is null || _pooled.Length - _length < bytes.Length)
            Grow(bytes.Length);
        bytes.CopyTo(_pooled.AsSpan(_length));
        _length += bytes.Length;
    }

    public void Clear()
    {
        if (_pooled is { } pooled)
            ArrayPool<byte>.Shared.Return(pooled);
        (_pooled, _length) = (null, 0);
    }

    private void Grow(int by)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(MinSize, Math.Max(_length + by, _length * 2)));
        Sequence.CopyTo(larger);
        if (_pooled is { } pooled)
            ArrayPool<byte>.Shared.Return(pooled);
        _pooled = larger;
    }
}
