namespace Sockeye;

/// <summary>A <see cref="SegmentPool"/> for each processor, so that threads seldom wait for each other. Safe from any
/// thread.</summary>
/// <remarks>A segment returns to the pool that rented it out.</remarks>
/// <param name="count">The number of pools.</param>
internal sealed class SegmentPools(int count)
{
    private const int MaxCount = 32;

    private readonly SegmentPool[] _pools = [.. Enumerable.Range(0, count).Select(_ => new SegmentPool())];

    /// <summary>Creates pools for a test, whose memory it checks.</summary>
    public SegmentPools() : this(1)
    {
    }

    /// <summary>The pools that all portable transports of the process share.</summary>
    public static SegmentPools Shared { get; } = new(Math.Min(Environment.ProcessorCount, MaxCount));

    /// <summary>The first of the pools, which is the only one in a test.</summary>
    public SegmentPool First => _pools[0];

    /// <summary>The number of segments that connections hold.</summary>
    public long RentedCount => _pools.Sum(pool => pool.RentedCount);

    public PipeSegment Rent(int size) => _pools[(uint)Thread.GetCurrentProcessorId() % (uint)_pools.Length].Rent(size);
}
