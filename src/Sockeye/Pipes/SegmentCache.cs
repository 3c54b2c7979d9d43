using System.Diagnostics;

namespace Sockeye;

/// <summary>A cache of unused segments of one thread, which avoids a lock per message.</summary>
internal sealed class SegmentCache : IDisposable
{
    private const int Max = 128;
    private const int MaxLarge = 16;

    private readonly int _threadId = Environment.CurrentManagedThreadId;
    private SegmentStacks _idle;

    public SegmentCache(SegmentPool pool)
    {
        Debug.Assert(Current is null, "A thread has one cache.");
        (Pool, Current) = (pool, this);
    }

    /// <summary>The cache of the current thread, if it has one.</summary>
    [field: ThreadStatic]
    public static SegmentCache? Current { get; private set; }

    public SegmentPool Pool { get; }

    public PipeSegment? Rent(int size)
    {
        ref var stack = ref _idle.GetStack(size);
        if (stack.Count == 0)
            Pool.Move(size, ref stack, GetMax(size) / 2);
        return stack.TryPop();
    }

    public void Return(PipeSegment segment)
    {
        ref var stack = ref _idle.GetStack(segment.Size);
        stack.Push(segment);
        if (stack.Count > GetMax(segment.Size))
            Pool.MoveBack(ref stack, GetMax(segment.Size) / 2);
    }

    /// <summary>Returns all segments to the pool, when the thread ends.</summary>
    public void Dispose()
    {
        Debug.Assert(Environment.CurrentManagedThreadId == _threadId, "The thread ends its own cache.");
        Current = null;
        foreach (var size in (ReadOnlySpan<int>)[SegmentPool.TinySize, SegmentPool.SmallSize, SegmentPool.LargeSize])
            Pool.MoveBack(ref _idle.GetStack(size), 0);
    }

    private static int GetMax(int size) => size <= SegmentPool.SmallSize ? Max : MaxLarge;
}
