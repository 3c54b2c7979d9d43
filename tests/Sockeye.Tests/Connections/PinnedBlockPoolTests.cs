using System.Buffers;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

public sealed class PinnedBlockPoolTests
{
    private readonly PinnedBlockPool _pool = new();

    [Theory]
    [InlineData(-1, PinnedBlockPool.BlockSize)]
    [InlineData(0, PinnedBlockPool.BlockSize)]
    [InlineData(PinnedBlockPool.BlockSize, PinnedBlockPool.BlockSize)]
    [InlineData(PinnedBlockPool.BlockSize + 1, PinnedBlockPool.BlockSize + 1)]
    public void A_block_is_as_large_as_asked_for_and_counted_while_it_is_lent(int asked, int given)
    {
        var block = _pool.Rent(asked);
        Assert.Equal((given, 1), (block.Memory.Length, _pool.RentedCount));
        block.Dispose();
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void A_block_given_back_is_lent_again()
    {
        var block = _pool.Rent();
        block.Dispose();
        Assert.Same(block, _pool.Rent());
        Assert.NotSame(block, _pool.Rent());
        Assert.Equal(2, _pool.RentedCount);
    }

    [Theory]
    [InlineData(PinnedBlockPool.BlockSize)]
    [InlineData(2 * PinnedBlockPool.BlockSize)]
    public void A_block_given_back_twice_is_lent_to_one_owner_only(int size)
    {
        var block = _pool.Rent(size);
        block.Dispose();
        block.Dispose();
        Assert.Equal(0, _pool.RentedCount);
        Assert.NotSame(_pool.Rent(size), _pool.Rent(size));
        Assert.Equal(2, _pool.RentedCount);
    }

    [Fact]
    public void No_more_blocks_are_kept_than_the_bound()
    {
        const int Burst = PinnedBlockPool.MaxIdleBlocks + 100;
        var blocks = RentMany(Burst);
        Assert.Equal(Burst, _pool.RentedCount);
        foreach (var block in blocks)
            block.Dispose();
        Assert.Equal(0, _pool.RentedCount);

        var known = blocks.ToHashSet(ReferenceEqualityComparer.Instance);
        Assert.Equal(PinnedBlockPool.MaxIdleBlocks, RentMany(Burst).Count(known.Contains));
    }

    [Fact]
    public void Many_threads_never_share_a_block()
    {
        var rounds = Rounds.Of(least: 1000, most: 40_000);
        Parallel.For(0, 8, thread =>
        {
            while (rounds.Next())
            {
                using var block = _pool.Rent();
                using var large = _pool.Rent(PinnedBlockPool.BlockSize + 1);
                var span = block.Memory.Span;
                span[..8].Fill((byte)thread);
                Assert.Equal(-1, span[..8].IndexOfAnyExcept((byte)thread));
            }
        });
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void A_disposed_pool_lets_its_blocks_go()
    {
        var (lent, kept) = (_pool.Rent(), _pool.Rent());
        kept.Dispose();
        _pool.Dispose();
        Assert.Equal(1, _pool.RentedCount);
        Assert.NotSame(kept, _pool.Rent());
        lent.Dispose();
    }

    private List<IMemoryOwner<byte>> RentMany(int count) => [.. Enumerable.Range(0, count).Select(_ => _pool.Rent())];
}
