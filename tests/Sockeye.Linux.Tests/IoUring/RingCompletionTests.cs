using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>What completes is seen once, in order, and no wait is longer than asked for.</summary>
public sealed class RingCompletionTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(5000)]
    public void Overflow_of_a_small_ring_loses_nothing(int count)
    {
        using var driver = RingDriver.Create(new() { SubmissionEntries = 64, CompletionEntries = 64 });
        Assert.Equal(64, driver.Ring.CompletionEntries);
        for (var i = 0; i < count; i++)
            driver.Ring.Next().Nop((ulong)i);

        driver.RunOnce();
        Assert.Equal(64, driver.Completions.Count); // The kernel keeps the others.
        driver.RunUntil(() => driver.Completions.Count >= count);

        Assert.Equal(Enumerable.Range(0, count), driver.Completions.Select(completion => (int)completion.UserData));
        driver.RunOnce();
        Assert.Equal(count, driver.Completions.Count);
    }

    [Fact]
    public void Room_is_given_back_in_the_middle_of_a_batch()
    {
        using var driver = RingDriver.Create(new() { SubmissionEntries = 128, CompletionEntries = 128 });
        for (var i = 0; i < 128; i++)
            driver.Ring.Next().Nop(1);
        driver.Ring.Enter(1, Timeout.InfiniteTimeSpan);
        for (var i = 0; i < 64; i++)
            Assert.True(driver.Ring.TryTake(out _));

        // Full but for what was taken: without room given back, these would overflow.
        for (var i = 0; i < 64; i++)
            driver.Ring.Next().Nop(2);
        driver.RunOnce();
        Assert.Equal(64, driver.CompletionsOf(2).Length);
    }

    [Fact]
    public void Walk_ends_with_what_the_last_enter_saw()
    {
        using var driver = RingDriver.Create(new() { SubmissionEntries = 1, CompletionEntries = 64 });
        driver.Ring.Next().Nop(0);
        driver.Ring.Enter(1, Timeout.InfiniteTimeSpan);
        var taken = 0;
        while (driver.Ring.TryTake(out _))
        {
            // Each submits the one before, which completes at once: a walk that looked again would not end.
            driver.Ring.Next().Nop(1);
            driver.Ring.Next().Nop(2);
            Assert.True(++taken < 10);
        }

        Assert.Equal(1, taken);
        driver.RunUntil(() => driver.Completions.Count == 2);
    }

    [Fact]
    public void Wait_without_completions_times_out()
    {
        using var driver = RingDriver.Create();
        Assert.Equal(EnterOutcome.TimedOut, driver.Ring.Enter(1, TimeSpan.FromMilliseconds(1)));
        Assert.Equal(EnterOutcome.TimedOut, driver.Ring.Enter(1, TimeSpan.Zero));
        Assert.False(driver.Ring.TryTake(out _));
    }

    [Fact]
    public void Wait_for_what_is_there_ends_at_once_even_without_time()
    {
        using var driver = RingDriver.Create();
        driver.Ring.Next().Nop(7);
        Assert.Equal(EnterOutcome.Done, driver.Ring.Enter(1, TimeSpan.Zero));
        Assert.True(driver.Ring.TryTake(out var completion));
        Assert.Equal((7ul, 0, false, false),
            (completion.UserData, completion.Result, completion.HasMore, completion.HasBuffer));
    }

    [Fact]
    public void Multishot_poll_completes_at_each_event()
    {
        using var driver = RingDriver.Create();
        using var pair = SocketPair.Create();
        driver.Ring.Next().PollMultishot(pair.First, 1, userData: 1);
        driver.RunOnce();
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal(1, Native.Send(pair.Second, [1], 1, Native.NoSigPipe));
            driver.RunUntil(() => driver.Completions.Count >= i);
        }

        Assert.All(driver.CompletionsOf(1), completion => Assert.True(completion.HasMore));
        driver.Ring.Next().CancelEverything(userData: 2);
        driver.RunUntil(() => driver.HasEnded(1) && driver.HasEnded(2));
        Assert.Equal(-IoUringError.Cancelled, driver.CompletionsOf(1)[^1].Result);
    }
}
