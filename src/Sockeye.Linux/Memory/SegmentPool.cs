using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>Rents out segments of 1 and 4 KiB, for messages, and of 64 KiB, for streams.</summary>
/// <remarks>
/// <para>An engine thread has a small cache and comes here for many at once; other threads come here each time. Safe from any
/// thread.</para>
/// <para>8 MiB of each size are kept, in chunks that are created as they are needed. What a burst needs beyond that is created
/// one by one, is rented again while the burst lasts, and is left to the garbage collector when it ends. The pinned object heap
/// is never compacted: if the segments that are kept were scattered among those of a burst, the heap would stay as large as
/// during the burst.</para>
/// </remarks>
/// <param name="onRent">For a test: called with the size before a segment is rented.</param>
/// <param name="onReturn">For a test: called with the size when a segment comes back.</param>
internal sealed class SegmentPool(Action<int>? onRent = null, Action<int>? onReturn = null) : ISegmentOwner
{
    public const int TinySize = 1024;
    public const int SmallSize = 4 * 1024;
    public const int LargeSize = 64 * 1024;

    /// <summary>What is kept of each size.</summary>
    public const int MaxKeptBytes = 8 * 1024 * 1024;

    private const int ChunkSize = 256 * 1024;

    private readonly Lock _lock = new();
    private SegmentStacks _idle;
    private SegmentStacks _idleExtra;
    private Count _kept;
    private Count _rentedExtra;
    private long _rentedBytes;

    /// <summary>Bytes that connections hold now.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>Rents a segment of at least this many bytes; one of more than <see cref="LargeSize"/> is created for this one
    /// use.</summary>
    public Segment Rent(int size)
    {
        onRent?.Invoke(size);
        var segment = size > LargeSize ? new(this, size) : RentPooled(RoundUpSize(size));
        segment.MarkRented();
        Interlocked.Add(ref _rentedBytes, segment.Size);
        return segment;
    }

    /// <summary>Creates a segment that never comes back, and does not count as rented.</summary>
    public Segment CreateUnpooled(int size) => new(this, size);

    public void Return(Segment segment)
    {
        var left = Interlocked.Add(ref _rentedBytes, -segment.Size);
        Debug.Assert(left >= 0, "No more comes back than was rented.");
        onReturn?.Invoke(segment.Size);
        if (segment.Size > LargeSize)
            return;
        if (!segment.IsExtra && !segment.IsSingleUse && SegmentCache.Current is { } cache && cache.Pool == this)
            cache.Return(segment);
        else
            ReturnToShared(segment);
    }

    public void Abandon(Segment segment)
    {
        segment.IsSingleUse = true;
        Return(segment);
    }

    /// <summary>Moves up to <paramref name="most"/> segments of a size to a thread's cache.</summary>
    public void Move(int size, ref SegmentStack to, int most)
    {
        lock (_lock)
        {
            ref var from = ref _idle.GetStack(size);
            for (var i = 0; i < most && from.TryPop() is { } segment; i++)
                to.Push(segment);
        }
    }

    /// <summary>Moves segments back from a thread's cache until only the given number is left there.</summary>
    public void MoveBack(ref SegmentStack from, int left)
    {
        lock (_lock)
        {
            while (from.Count > left && from.TryPop() is { } segment)
                _idle.GetStack(segment.Size).Push(segment);
        }
    }

    private static int RoundUpSize(int size) => size <= TinySize ? TinySize : size <= SmallSize ? SmallSize : LargeSize;

    private Segment RentPooled(int size)
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
            var extra = _idleExtra.GetStack(size).TryPop() ?? new(this, size) { IsExtra = true };
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

    private void ReturnToShared(Segment segment)
    {
        lock (_lock)
        {
            if (!segment.IsExtra)
            {
                if (segment.IsSingleUse)
                    _kept.GetRef(segment.Size)--; // Another one may be created in its place.
                else
                    _idle.GetStack(segment.Size).Push(segment);
                return;
            }

            // No more are idle than are in use: the last ones of a burst leave none behind.
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
