namespace Sockeye.Linux;

/// <summary>Lends segments of 1 and 4 KiB, for messages, and of 64 KiB, for streams.</summary>
/// <remarks>
/// <para>An engine thread has a small cache of its own and comes here for many at once; other threads come here each time. Safe
/// from any thread.</para>
/// <para>Of each size 8 MiB are kept for good, in chunks that are made as they are needed. What a burst needs beyond that is made
/// one by one, is lent again while the burst lasts, and is left to the garbage collector as it ebbs. The pinned object heap is
/// never compacted: were the segments that are kept scattered among those of a burst, the heap would stay as large as the burst
/// made it.</para>
/// </remarks>
/// <param name="onRent">Called with the size before a segment is lent, for a test.</param>
internal sealed class SegmentPool(Action<int>? onRent = null) : ISegmentOwner
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
    private Count _lentExtra;
    private long _lentBytes;

    /// <summary>Bytes that connections hold now.</summary>
    public long LentBytes => Volatile.Read(ref _lentBytes);

    /// <summary>A segment of at least so many bytes; one of more than <see cref="LargeSize"/> is made for this once.</summary>
    public Segment Rent(int size)
    {
        onRent?.Invoke(size);
        var segment = size > LargeSize ? new(this, size) : RentKind(SizeOf(size));
        Interlocked.Add(ref _lentBytes, segment.Size);
        return segment;
    }

    /// <summary>A segment for good, which does not count as lent.</summary>
    public Segment MakeOwn(int size) => new(this, size);

    public void TakeBack(Segment segment)
    {
        Interlocked.Add(ref _lentBytes, -segment.Size);
        if (segment.Size > LargeSize)
            return;
        if (!segment.IsExtra && !segment.IsForOneUse && SegmentCache.Current is { } cache && cache.Pool == this)
            cache.Keep(segment);
        else
            TakeBackShared(segment);
    }

    public void LetGo(Segment segment)
    {
        segment.IsForOneUse = true;
        TakeBack(segment);
    }

    /// <summary>Moves up to <paramref name="most"/> segments of a size to a thread's cache.</summary>
    public void Move(int size, ref SegmentStack to, int most)
    {
        lock (_lock)
        {
            ref var from = ref _idle.Of(size);
            for (var i = 0; i < most && from.TryPop() is { } segment; i++)
                to.Push(segment);
        }
    }

    /// <summary>Moves segments back from a thread's cache until only so many are left there.</summary>
    public void MoveBack(ref SegmentStack from, int left)
    {
        lock (_lock)
        {
            while (from.Count > left && from.TryPop() is { } segment)
                _idle.Of(segment.Size).Push(segment);
        }
    }

    private static int SizeOf(int size) => size <= TinySize ? TinySize : size <= SmallSize ? SmallSize : LargeSize;

    private Segment RentKind(int size)
    {
        if (SegmentCache.Current is { } cache && cache.Pool == this && cache.Rent(size) is { } cached)
            return cached;
        lock (_lock)
        {
            ref var idle = ref _idle.Of(size);
            if (idle.Count == 0 && _kept.Of(size) < MaxKeptBytes / size)
                MakeChunk(size, ref idle);
            if (idle.TryPop() is { } kept)
                return kept;
            var extra = _idleExtra.Of(size).TryPop() ?? new(this, size) { IsExtra = true };
            _lentExtra.Of(size)++;
            return extra;
        }
    }

    private void MakeChunk(int size, ref SegmentStack idle)
    {
        var chunk = GC.AllocateUninitializedArray<byte>(ChunkSize, pinned: true);
        for (var offset = 0; offset < ChunkSize; offset += size)
            idle.Push(new(this, chunk, offset, size, id: 0));
        _kept.Of(size) += ChunkSize / size;
    }

    private void TakeBackShared(Segment segment)
    {
        lock (_lock)
        {
            if (!segment.IsExtra)
            {
                if (segment.IsForOneUse)
                    _kept.Of(segment.Size)--; // Another one may be made in its place.
                else
                    _idle.Of(segment.Size).Push(segment);
                return;
            }

            // No more wait idle than are in use: the last ones of a burst leave none behind.
            ref var idle = ref _idleExtra.Of(segment.Size);
            if (idle.Count < --_lentExtra.Of(segment.Size) && !segment.IsForOneUse)
                idle.Push(segment);
            else if (idle.Count > 0 && idle.Count > _lentExtra.Of(segment.Size))
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
        public ref int Of(int size)
        {
            if (size <= TinySize)
                return ref _tiny;
            return ref size <= SmallSize ? ref _small : ref _large;
        }
    }
}
