using System.Buffers;

namespace Sockeye;

/// <summary>Lends the blocks of one pipe, and lets go of those that are out at its end: they are not lent again.</summary>
/// <remarks>
/// A reader that ends without saying that it is done with its memory may still look at it, or may not: who else got it could find
/// foreign bytes there, and leave its own. So the garbage collector has it, once nobody looks. Safe from any thread.
/// </remarks>
internal sealed class PipeBlockPool(PinnedBlockPool pool) : MemoryPool<byte>
{
    private const long AbandonedFlag = long.MinValue;

    /// <summary>How many are out; negative from the moment on when they were let go of.</summary>
    private long _rentedCount;

    public override int MaxBufferSize => pool.MaxBufferSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        Interlocked.Increment(ref _rentedCount);
        return pool.Rent(minBufferSize, this);
    }

    /// <summary>The pipe has its last bytes, and nobody reads any more. Safe more than once.</summary>
    public void Abandon()
    {
        // In one step with the count: one that comes back meanwhile is either among these or goes to the pool.
        if (Interlocked.Or(ref _rentedCount, AbandonedFlag) is > 0 and var lost)
            pool.Drop(lost);
    }

    /// <summary>One comes back. False: it was let go of.</summary>
    public bool TryReturn() => Interlocked.Decrement(ref _rentedCount) >= 0;

    protected override void Dispose(bool disposing)
    {
        // The blocks are the pool's.
    }
}
