using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>
/// Rents out blocks of 4 KiB from the pinned object heap, so that a system call in flight never pins the ordinary heap.
/// </summary>
/// <remarks>
/// Keeps up to <see cref="MaxIdleBlocks"/> returned blocks (64 MiB) and leaves the rest to the garbage collector, so that a burst
/// does not hold memory permanently. Safe from any thread. A request larger than a block gets a separate array.
/// </remarks>
internal sealed class PinnedBlockPool : MemoryPool<byte>
{
    public const int BlockSize = 4096;
    public const int MaxIdleBlocks = 16 * 1024;

    private readonly ConcurrentQueue<Block> _idle = new();
    private long _idleCount;
    private long _createdCount;
    private long _droppedCount;

    /// <summary>The pool that all transports of the process share, so that each can use the idle memory of the others.</summary>
    public static new PinnedBlockPool Shared { get; } = new();

    public override int MaxBufferSize => int.MaxValue;

    /// <summary>
    /// The number of rented blocks; exact while none is being rented or returned. It is computed from counts off the hot path, so
    /// that renting does not maintain a counter.
    /// </summary>
    public long RentedCount =>
        Volatile.Read(ref _createdCount) - Volatile.Read(ref _droppedCount) - Volatile.Read(ref _idleCount);

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (minBufferSize > BlockSize)
        {
            Interlocked.Increment(ref _createdCount);
            return new LargeBlock(this, minBufferSize);
        }

        if (_idle.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref _idleCount);
        }
        else
        {
            Interlocked.Increment(ref _createdCount);
            block = new(this);
        }

        block.MarkRented();
        return block;
    }

    private void Drop() => Interlocked.Increment(ref _droppedCount);

    private void Return(Block block)
    {
        // The count is incremented before the block is queued. It can only be too high, so the bound holds.
        if (Interlocked.Increment(ref _idleCount) <= MaxIdleBlocks)
        {
            _idle.Enqueue(block);
            return;
        }

        Interlocked.Decrement(ref _idleCount);
        Drop();
    }

    protected override void Dispose(bool disposing)
    {
        while (_idle.TryDequeue(out _))
        {
            Interlocked.Decrement(ref _idleCount);
            Drop();
        }
    }

    private sealed class Block(PinnedBlockPool pool) : IMemoryOwner<byte>
    {
        private readonly Memory<byte> _memory = AllocatePinned(BlockSize);
        private int _isRented;

        public Memory<byte> Memory => _memory;

        public void MarkRented() => Volatile.Write(ref _isRented, 1);

        public void Dispose()
        {
            // A second Dispose must not give one block to two owners.
            if (Interlocked.Exchange(ref _isRented, 0) == 1)
                pool.Return(this);
        }
    }

    private sealed class LargeBlock(PinnedBlockPool pool, int size) : IMemoryOwner<byte>
    {
        private int _isRented = 1;

        public Memory<byte> Memory { get; } = AllocatePinned(size);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isRented, 0) == 1)
                pool.Drop();
        }
    }

    private static Memory<byte> AllocatePinned(int size)
    {
        var array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        return MemoryMarshal.CreateFromPinnedArray(array, 0, size);
    }
}
