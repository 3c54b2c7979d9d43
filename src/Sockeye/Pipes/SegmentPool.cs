using System.Diagnostics;

namespace Sockeye.Transports;

/// <summary>Rents out segments of 1 and 4 KiB, for messages, and of 64 KiB, for streams.</summary>
/// <remarks>
/// <para>An engine thread has a small cache, which takes many segments from the pool at once; other threads use the pool each
/// time. Safe from any thread.</para>
/// <para>8 MiB of each size are kept, in chunks that are created as they are needed. Segments for a burst beyond that are created
/// one by one, are reused while the burst lasts, and are left to the garbage collector when it ends. The pinned object heap is
/// never compacted: if the kept segments were scattered among those of a burst, the heap would stay as large as during the
/// burst.</para>
/// </remarks>
public sealed class SegmentPool : ISegmentOwner
{
    /// <summary>The size in bytes of a segment for a short message.</summary>
    public const int TinySize = 1024;

    /// <summary>The size in bytes of a segment for messages.</summary>
    public const int SmallSize = 4 * 1024;

    /// <summary>The size in bytes of a segment for a stream.</summary>
    public const int LargeSize = 64 * 1024;

    /// <summary>The number of bytes of each size that are kept.</summary>
    internal const int MaxKeptBytes = 8 * 1024 * 1024;

    private const int ChunkSize = 256 * 1024;

    private readonly Action<int>? _onRent;
    private readonly Action<int>? _onReturn;
    private readonly Lock _lock = new();
    private SegmentStacks _idle;
    private SegmentStacks _idleExtra;
    private Count _kept;
    private Count _rentedExtra;
    private long _rentedBytes;
    private long _rentedCount;

    /// <summary>Creates a pool without memory.</summary>
    public SegmentPool()
    {
    }

    /// <param name="onRent">Called with the size before a segment is rented; used by tests.</param>
    /// <param name="onReturn">Called with the size when a segment is returned; used by tests.</param>
    internal SegmentPool(Action<int>? onRent = null, Action<int>? onReturn = null) => (_onRent, _onReturn) = (onRent, onReturn);

    /// <summary>The number of bytes that connections hold.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>The number of segments that connections hold.</summary>
    internal long RentedCount => Volatile.Read(ref _rentedCount);

    /// <summary>
    /// Rents a segment of at least the given size. One larger than <see cref="LargeSize"/> is created for a single use.
    /// </summary>
    public PipeSegment Rent(int size)
    {
        _onRent?.Invoke(size);
        var segment = size > LargeSize ? new(this, size, id: 0) : RentPooled(RoundUpSize(size));
        segment.MarkRented();
        Interlocked.Add(ref _rentedBytes, segment.Size);
        Interlocked.Increment(ref _rentedCount);
        return segment;
    }

    /// <summary>Creates a segment that is never returned, and does not count as rented.</summary>
    public PipeSegment CreateUnpooled(int size) => new(this, size, id: 0);

    void ISegmentOwner.TakeBack(PipeSegment segment) => Return(segment);

    void ISegmentOwner.Abandon(PipeSegment segment)
    {
        segment.IsSingleUse = true;
        Return(segment);
    }

    private void Return(PipeSegment segment)
    {
        var left = Interlocked.Add(ref _rentedBytes, -segment.Size);
        Debug.Assert(left >= 0, "Only rented bytes are returned.");
        Interlocked.Decrement(ref _rentedCount);
        _onReturn?.Invoke(segment.Size);
        if (segment.Size > LargeSize)
            return;
        if (!segment.IsExtra && !segment.IsSingleUse && SegmentCache.Current is { } cache && cache.Pool == this)
            cache.Return(segment);
        else
            ReturnToShared(segment);
    }

    /// <summary>
    /// Gives the current thread a cache of unused segments, until the result is disposed on it. For a thread that serves many
    /// connections.
    /// </summary>
    public IDisposable CreateCacheOfThread() => new SegmentCache(this);

    /// <summary>Moves up to <paramref name="maxCount"/> segments of a size to a thread's cache.</summary>
    internal void Move(int size, ref SegmentStack to, int maxCount)
    {
        lock (_lock)
        {
            ref var from = ref _idle.GetStack(size);
            for (var i = 0; i < maxCount && from.TryPop() is { } segment; i++)
                to.Push(segment);
        }
    }

    /// <summary>Moves segments back from a thread's cache until only the given number is left there.</summary>
    internal void MoveBack(ref SegmentStack from, int left)
    {
        lock (_lock)
        {
            while (from.Count > left && from.TryPop() is { } segment)
                _idle.GetStack(segment.Size).Push(segment);
        }
    }

    private static int RoundUpSize(int size) => size <= TinySize ? TinySize : size <= SmallSize ? SmallSize : LargeSize;

    private PipeSegment RentPooled(int size)
    {
        if (SegmentCache.Current is { } cache && cache.Pool == this && cache.Rent(size) is { } cached)
            return cached;
        lock (_lock)
        {
            ref var idle = ref _idle.GetStack(size);
            if (idle.Count == 0 && _kept.GetRef(size) < MaxKeptBytes / size)
                CreateChunkLocked(size, ref idle);
            if (idle.TryPop() is { } kept)
                return kept;
            var extra = _idleExtra.GetStack(size).TryPop() ?? new(this, size, id: 0) { IsExtra = true };
            _rentedExtra.GetRef(size)++;
            return extra;
        }
    }

    private void CreateChunkLocked(int size, ref SegmentStack idle)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The pool's lists change only under its lock.");
        var chunk = GC.AllocateUninitializedArray<byte>(ChunkSize, pinned: true);
        for (var offset = 0; offset < ChunkSize; offset += size)
            idle.Push(new(this, chunk, offset, size, id: 0));
        _kept.GetRef(size) += ChunkSize / size;
    }

    private void ReturnToShared(PipeSegment segment)
    {
        lock (_lock)
        {
            if (!segment.IsExtra)
            {
                if (segment.IsSingleUse)
                    _kept.GetRef(segment.Size)--; // Another segment may replace it.
                else
                    _idle.GetStack(segment.Size).Push(segment);
                return;
            }

            // At most as many segments are idle as are in use, so that none is left after a burst.
            ref var idle = ref _idleExtra.GetStack(segment.Size);
            if (idle.Count < --_rentedExtra.GetRef(segment.Size) && !segment.IsSingleUse)
                idle.Push(segment);
            else if (idle.Count > 0 && idle.Count > _rentedExtra.GetRef(segment.Size))
                _ = idle.TryPop();
        }
    }

    /// <summary>A number for each of the sizes.</summary>
    private struct Count
    {
        private int _tiny;
        private int _small;
        private int _large;

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref int GetRef(int size)
        {
            if (size <= TinySize)
                return ref _tiny;
            return ref size <= SmallSize ? ref _small : ref _large;
        }
    }
}
