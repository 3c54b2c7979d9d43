namespace Sockeye.Linux;

/// <summary>Lends segments of 1 and 4 KiB, for messages, and of 64 KiB, for streams.</summary>
/// <remarks>
/// An engine thread has a small cache of its own and comes here for many at once; other threads come here each time. Keeps up to
/// 8 MiB of each size and leaves the rest to the garbage collector. Safe from any thread.
/// </remarks>
/// <param name="onMake">Called before a new segment is made, for a test.</param>
internal sealed class SegmentPool(Action<int>? onMake = null) : ISegmentOwner
{
    public const int TinySize = 1024;
    public const int SmallSize = 4 * 1024;
    public const int LargeSize = 64 * 1024;

    private const int MaxIdleBytes = 8 * 1024 * 1024;

    private readonly Lock _lock = new();
    private SegmentStacks _idle;
    private long _lentBytes;

    /// <summary>Bytes that connections hold now.</summary>
    public long LentBytes => Volatile.Read(ref _lentBytes);

    /// <summary>A segment of at least so many bytes; one of more than <see cref="LargeSize"/> is made for this once.</summary>
    public Segment Rent(int size)
    {
        size = size <= TinySize ? TinySize : size <= SmallSize ? SmallSize : Math.Max(size, LargeSize);
        var cache = SegmentCache.Current;
        var kept = size > LargeSize ? null : cache?.Pool == this ? cache.Rent(size) : RentShared(size);
        var segment = kept ?? Make(size);
        Interlocked.Add(ref _lentBytes, segment.Size);
        return segment;
    }

    /// <summary>A segment for good, which does not count as lent.</summary>
    public Segment MakeOwn(int size) => new(this, size);

    public void TakeBack(Segment segment)
    {
        Interlocked.Add(ref _lentBytes, -segment.Size);
        if (segment.Size > LargeSize || segment.IsForOneUse)
            return;
        if (SegmentCache.Current is { } cache && cache.Pool == this)
            cache.Keep(segment);
        else
            KeepShared(segment);
    }

    public void LetGo(Segment segment) => Interlocked.Add(ref _lentBytes, -segment.Size);

    private Segment Make(int size)
    {
        onMake?.Invoke(size);
        return new(this, size);
    }

    private Segment? RentShared(int size)
    {
        lock (_lock)
            return _idle.Of(size).TryPop();
    }

    private void KeepShared(Segment segment)
    {
        lock (_lock)
            Keep(segment);
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
                Keep(segment);
        }
    }

    private void Keep(Segment segment)
    {
        ref var stack = ref _idle.Of(segment.Size);
        if (stack.Count < MaxIdleBytes / segment.Size)
            stack.Push(segment);
    }
}
