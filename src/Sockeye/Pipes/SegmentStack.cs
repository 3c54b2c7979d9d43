using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>A stack of unused segments. The last one is reused first, because it may still be in the processor's cache.</summary>
internal struct SegmentStack
{
    private PipeSegment? _top;

    public int Count { get; private set; }

    public void Push(PipeSegment segment)
    {
        segment.NextUnused = _top;
        _top = segment;
        Count++;
    }

    public PipeSegment? TryPop()
    {
        if (_top is not { } segment)
            return null;
        _top = segment.NextUnused;
        segment.NextUnused = null;
        Count--;
        return segment;
    }
}

/// <summary>A stack for each size.</summary>
internal struct SegmentStacks
{
    private SegmentStack _tiny;
    private SegmentStack _small;
    private SegmentStack _large;

    [UnscopedRef]
    public ref SegmentStack GetStack(int size)
    {
        if (size <= SegmentPool.TinySize)
            return ref _tiny;
        return ref size <= SegmentPool.SmallSize ? ref _small : ref _large;
    }
}
