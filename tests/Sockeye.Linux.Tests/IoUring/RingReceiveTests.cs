using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>Multishot receive into a buffer ring: every byte once, in order, however the operation ends.</summary>
public sealed class RingReceiveTests
{
    private const int BufferLength = 64;

    [Fact]
    public void Buffers_that_come_back_are_used_again()
    {
        using var driver = RingDriver.Create();
        using var buffers = new Buffers(driver, 4, BufferLength);
        using var pair = SocketPair.Create();
        buffers.Provide(0, 1, 2, 3);
        driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 0, userData: 1);
        driver.RunOnce();

        // More than 65536, so that the tail wraps.
        for (var i = 0; i < 70_000; i++)
        {
            Send(pair, i, 1);
            driver.RunUntil(() => driver.Completions.Count > 0);
            var completion = Assert.Single(driver.Completions);
            Assert.True(completion is { Result: 1, HasMore: true, HasBuffer: true });
            driver.Completions.Clear();
            buffers.Provide(completion.BufferId);
        }
    }

    [Fact]
    public void Empty_group_ends_the_multishot_and_a_new_one_delivers_the_rest()
    {
        using var driver = RingDriver.Create();
        using var buffers = new Buffers(driver, 4, BufferLength);
        using var pair = SocketPair.Create();
        buffers.Provide(0, 1, 2, 3);
        driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 0, userData: 1);
        driver.RunOnce();
        Send(pair, 0, 10 * BufferLength);
        pair.CloseSecond();

        var shortages = 0;
        while (true)
        {
            driver.RunUntil(() => driver.HasEnded(1));
            var last = driver.Completions[^1].Result;
            buffers.Collect();
            if (last == 0)
                break;
            Assert.Equal(-IoUringError.NoBuffers, last);
            shortages++;
            buffers.ProvideCollected();
            driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 0, userData: 1);
        }

        Assert.Equal(2, shortages);
        Assert.Equal(Data(0, 10 * BufferLength), buffers.Received);
    }

    [Fact]
    public void Receive_on_an_empty_group_fails_though_nothing_is_there_to_receive()
    {
        using var driver = RingDriver.Create();
        using var buffers = new Buffers(driver, 4, BufferLength);
        using var pair = SocketPair.Create();
        driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 0, userData: 1);
        driver.RunUntil(() => driver.HasEnded(1));
        Assert.Equal(-IoUringError.NoBuffers, Assert.Single(driver.Completions).Result);
    }

    [Fact]
    public void Limit_ends_the_multishot_and_leaves_the_rest_in_the_socket()
    {
        using var driver = RingDriver.Create();
        Assert.SkipUnless(IoUringProbe.Result.HasReceiveLimit, "This kernel knows no limit of a multishot receive.");
        using var buffers = new Buffers(driver, 16, BufferLength);
        using var pair = SocketPair.Create();
        buffers.Provide(Enumerable.Range(0, 16));
        driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 4 * BufferLength, userData: 1);
        driver.RunOnce();
        Send(pair, 0, 6 * BufferLength);
        pair.CloseSecond();

        driver.RunUntil(() => driver.HasEnded(1));
        Assert.Equal([(BufferLength, true), (BufferLength, true), (BufferLength, true), (BufferLength, false)],
            driver.CompletionsOf(1).Select(completion => (completion.Result, completion.HasMore)));

        driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 4 * BufferLength, userData: 2);
        driver.RunUntil(() => driver.HasEnded(2));
        Assert.Equal([BufferLength, BufferLength, 0], driver.CompletionsOf(2).Select(completion => completion.Result));
        buffers.Collect();
        Assert.Equal(Data(0, 6 * BufferLength), buffers.Received);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(100)]
    public void Limit_within_a_buffer_is_kept_to_less_than_a_buffer_more(int limit)
    {
        using var driver = RingDriver.Create();
        Assert.SkipUnless(IoUringProbe.Result.HasReceiveLimit, "This kernel knows no limit of a multishot receive.");
        using var buffers = new Buffers(driver, 16, BufferLength);
        using var pair = SocketPair.Create();
        buffers.Provide(Enumerable.Range(0, 16));
        Send(pair, 0, 6 * BufferLength);
        driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, (uint)limit, userData: 1);
        driver.RunUntil(() => driver.HasEnded(1));
        Assert.InRange(driver.CompletionsOf(1).Sum(completion => completion.Result), limit, limit + BufferLength - 1);
    }

    [Fact]
    public void Cancel_that_races_with_data_loses_nothing()
    {
        using var driver = RingDriver.Create();
        using var buffers = new Buffers(driver, 16, BufferLength);
        using var pair = SocketPair.Create();
        buffers.Provide(Enumerable.Range(0, 16));
        const int rounds = 500;
        for (var i = 0; i < rounds; i++)
        {
            driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 0, userData: 1);
            if (i % 2 == 0)
                driver.RunOnce();
            // Before, with or after the data, in rotation.
            if (i % 3 != 0)
                Send(pair, i, 1);
            driver.Ring.Next().Cancel(pair.First, userData: 2);
            if (i % 3 == 0)
                Send(pair, i, 1);
            driver.RunUntil(() => driver.HasEnded(1) && driver.HasEnded(2));
            buffers.Collect();
            buffers.ProvideCollected();
        }

        pair.CloseSecond();
        driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 0, userData: 1);
        driver.RunUntil(() => driver.HasEnded(1));
        buffers.Collect();
        Assert.Equal(Data(0, rounds), buffers.Received);
    }

    [Fact]
    public void One_receive_takes_one_buffer()
    {
        using var driver = RingDriver.Create();
        using var buffers = new Buffers(driver, 4, BufferLength);
        using var pair = SocketPair.Create();
        buffers.Provide(3);
        Send(pair, 0, 2 * BufferLength);
        driver.Ring.Next().ReceiveOnce(pair.First, Buffers.Group, userData: 1);
        driver.RunUntil(() => driver.HasEnded(1));
        Assert.True(Assert.Single(driver.Completions) is { Result: BufferLength, HasBuffer: true, BufferId: 3, HasMore: false });
        buffers.Collect();
        Assert.Equal(Data(0, BufferLength), buffers.Received);
    }

    private static void Send(SocketPair pair, int start, int count) =>
        Assert.Equal(count, Native.Send(pair.Second, Data(start, count), count, Native.NoSigPipe));

    private static byte[] Data(int start, int count) => [.. Enumerable.Range(start, count).Select(i => (byte)(i * 31))];
}
