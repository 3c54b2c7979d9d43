namespace Sockeye.Linux;

/// <summary>The unused segments of one engine thread, which alone touches them: no lock a message.</summary>
internal sealed class SegmentCache(SegmentPool pool)
{
    private const int MaxSmall = 128;
    private const int MaxLarge = 16;

    private SegmentStack _small;
    private SegmentStack _large;

    /// <summary>The cache of the current thread, if it is an engine thread.</summary>
    [field: ThreadStatic]
    public static SegmentCache? Current { get; set; }

    public SegmentPool Pool => pool;

    public Segment? Rent(int size)
    {
        ref var stack = ref Of(size);
        if (stack.Count == 0)
            pool.Move(size, ref stack, Max(size) / 2);
        return stack.TryPop();
    }

    public void Keep(Segment segment)
    {
        ref var stack = ref Of(segment.Size);
        stack.Push(segment);
        if (stack.Count > Max(segment.Size))
            pool.MoveBack(ref stack, Max(segment.Size) / 2);
    }

    /// <summary>The thread ends: others may have them.</summary>
    public void Clear()
    {
        pool.MoveBack(ref _small, 0);
        pool.MoveBack(ref _large, 0);
    }

    private static int Max(int size) => size <= SegmentPool.SmallSize ? MaxSmall : MaxLarge;

    private ref SegmentStack Of(int size) => ref size <= SegmentPool.SmallSize ? ref _small : ref _large;
}
