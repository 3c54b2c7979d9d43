namespace Sockeye.Tests.Pipes;

/// <summary>What the pool keeps, and that a burst leaves nothing behind.</summary>
public sealed class SegmentPoolTests
{
    private static readonly int[] Sizes = [SegmentPool.TinySize, SegmentPool.SmallSize, SegmentPool.LargeSize];

    public static TheoryData<int> EachSize => [.. Sizes];

    [Theory, MemberData(nameof(EachSize))]
    public void Segments_of_a_burst_are_left_to_the_collector_when_it_is_over(int size)
    {
        var pool = new SegmentPool();
        var kept = SegmentPool.MaxKeptBytes / size;
        var (memories, extras) = Burst(pool, size, kept, extra: 100);
        Assert.Equal(0, pool.RentedBytes);
        GC.Collect();
        Assert.Equal(extras.Count, extras.Count(extra => !extra.IsAlive));
        Assert.All(memories, memory => Assert.True(memory.IsAlive));
        GC.KeepAlive(pool);
    }

    [Theory, MemberData(nameof(EachSize))]
    public void Extra_segments_are_lent_again_while_the_burst_lasts(int size)
    {
        var pool = new SegmentPool();
        var all = Rent(pool, size, (SegmentPool.MaxKeptBytes / size) + 10);
        var extra = all[^1];
        Assert.True(extra.IsExtra);
        extra.Release();
        Assert.Same(extra, pool.Rent(size));
        foreach (var segment in all)
            segment.Release();
        Assert.Equal(0, pool.RentedBytes);
        Assert.All(Rent(pool, size, SegmentPool.MaxKeptBytes / size), segment => Assert.False(segment.IsExtra));
    }

    [Fact]
    public void Segments_of_different_owners_never_overlap()
    {
        var pool = new SegmentPool();
        List<PipeSegment> all = [.. Sizes.SelectMany(size => Rent(pool, size, 2 * SegmentPool.MaxKeptBytes / size))];
        all.Sort((one, other) => one.Address.CompareTo(other.Address));
        foreach (var (one, next) in all.Zip(all.Skip(1)))
            Assert.True(one.Address + one.Size <= next.Address);
    }

    [Fact]
    public void Segment_for_one_use_is_not_lent_again()
    {
        var pool = new SegmentPool();
        var tainted = pool.Rent(SegmentPool.SmallSize);
        tainted.IsSingleUse = true;
        tainted.Release();
        Assert.DoesNotContain(tainted, Rent(pool, SegmentPool.SmallSize, SegmentPool.MaxKeptBytes / SegmentPool.SmallSize));
        Assert.Equal(SegmentPool.MaxKeptBytes, pool.RentedBytes);
    }

    private static List<PipeSegment> Rent(SegmentPool pool, int size, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => pool.Rent(size))];

    /// <summary>In a separate method, so that nothing of it is left on the stack.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (List<WeakReference> Kept, List<WeakReference> Extras) Burst(SegmentPool pool, int size, int kept, int extra)
    {
        var all = Rent(pool, size, kept + extra);
        foreach (var segment in all)
            segment.Release();
        return (
            [.. all.Where(segment => !segment.IsExtra).Select(segment => new WeakReference(segment))],
            [.. all.Where(segment => segment.IsExtra).Select(segment => new WeakReference(segment))]);
    }
}
