namespace Sockeye.Linux;

/// <summary>A cache of unused segments of one engine thread, which avoids a lock per message.</summary>
internal sealed class SegmentCache(SegmentPool pool)
{
    private const int Max = 128;
    private const int MaxLarge = 16;

    private SegmentStacks _idle;

    /// <summary>The cache of the current thread, if it is an engine thread.</summary>
    [field: ThreadStatic]
    public static SegmentCache? Current { get; set; }

    public SegmentPool Pool => pool;

    public Segment? Rent(int size)
    {
        ref var stack = ref _idle.GetStack(size);
        if (stack.Count == 0)
            pool.Move(size, ref stack, GetMax(size) / 2);
        return stack.TryPop();
    }

    public void Return(Segment segment)
    {
        ref var stack = ref _idle.GetStack(segment.Size);
        stack.Push(segment);
        if (stack.Count > GetMax(segment.Size))
            pool.MoveBack(ref stack, GetMax(segment.Size) / 2);
    }

    /// <summary>Returns all segments to the pool, when the thread ends.</summary>
    public void Clear()
    {
        foreach (var size in (ReadOnlySpan<int>)[SegmentPool.TinySize, SegmentPool.SmallSize, SegmentPool.LargeSize])
            pool.MoveBack(ref _idle.GetStack(size), 0);
    }

    private static int GetMax(int size) => size <= SegmentPool.SmallSize ? Max : MaxLarge;
}
