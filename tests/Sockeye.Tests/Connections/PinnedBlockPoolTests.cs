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
    public void What_a_lender_lets_go_of_counts_no_more_and_is_never_lent_again()
    {
        var (lender, other) = (new PipeBlockPool(_pool), new PipeBlockPool(_pool));
        var (kept, lost, large) = (lender.Rent(), lender.Rent(), lender.Rent(PinnedBlockPool.BlockSize + 1));
        var others = other.Rent();
        kept.Dispose();
        Assert.Equal(3, _pool.RentedCount);

        lender.Abandon();
        lender.Abandon();
        Assert.Equal(1, _pool.RentedCount);
        lost.Dispose(); // It comes too late.
        lost.Dispose();
        large.Dispose();

        Assert.Equal(1, _pool.RentedCount);
        Assert.Same(kept, _pool.Rent());
        Assert.NotSame(lost, _pool.Rent());
        others.Dispose();
        Assert.Equal(2, _pool.RentedCount);
        Assert.Same(others, _pool.Rent());
    }

    [Fact]
    public void Blocks_that_come_back_while_they_are_let_go_of_are_counted_once()
    {
        var rounds = Rounds.Of(least: 500, most: 20_000);
        while (rounds.Next())
        {
            var lender = new PipeBlockPool(_pool);
            var block = lender.Rent();
            Parallel.Invoke(lender.Abandon, block.Dispose);
            Assert.Equal(0, _pool.RentedCount);
        }
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
