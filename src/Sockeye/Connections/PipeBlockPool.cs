using System.Buffers;
using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// Rents out the blocks of one pipe. Blocks that are rented when the pipe ends are abandoned: they are not reused.
/// </summary>
/// <remarks>
/// A reader that ends without releasing its memory may still read it. If the memory were reused, that reader would see foreign
/// bytes. Therefore only the garbage collector reclaims it. Safe from any thread.
/// </remarks>
internal sealed class PipeBlockPool(PinnedBlockPool pool) : MemoryPool<byte>
{
    private const long AbandonedFlag = long.MinValue;

    /// <summary>The number of rented blocks; negative once they are abandoned.</summary>
    private long _rentedCount;

    public override int MaxBufferSize => pool.MaxBufferSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        Interlocked.Increment(ref _rentedCount);
        return pool.Rent(minBufferSize, this);
    }

    /// <summary>Abandons the rented blocks. The pipe has its last bytes, and no read follows. Safe more than once.</summary>
    public void Abandon()
    {
        // One atomic step with the count: a block that is returned at the same time is either abandoned or goes to the pool.
        if (Interlocked.Or(ref _rentedCount, AbandonedFlag) is > 0 and var lost)
            pool.Drop(lost);
    }

    /// <summary>Returns a block, or returns false if it was abandoned.</summary>
    public bool TryReturn()
    {
        var left = Interlocked.Decrement(ref _rentedCount);
        Debug.Assert(left is not (-1 or long.MaxValue), "The block was rented.");
        return left >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        // The blocks belong to the shared pool.
    }
}
