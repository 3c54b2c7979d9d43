using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>What is submitted is done once, in order, however much of it there is.</summary>
public sealed class RingSubmissionTests
{
    [Fact]
    public void Batch_larger_than_the_ring_completes_once_each_in_order()
    {
        using var driver = RingDriver.Create(new() { SubmissionEntries = 16, CompletionEntries = 64 });
        Assert.Equal(16, driver.Ring.SubmissionEntries);
        for (var i = 0ul; i < 1000; i++)
            driver.Ring.Next().Nop(i);
        driver.RunUntil(() => driver.Completions.Count >= 1000);

        Assert.Equal(Enumerable.Range(0, 1000), driver.Completions.Select(completion => (int)completion.UserData));
        Assert.Equal(0, driver.Ring.CountUnsubmitted());
    }

    [Fact]
    public void Submissions_that_the_kernel_cannot_take_wait_in_order()
    {
        RingDriver.SkipUnlessSupported();
        TestThread.Run(() =>
        {
            using var driver = RingDriver.Create(new() { SubmissionEntries = 16, CompletionEntries = 1024 });
            SeccompFilter.RefuseEnterWithoutEvents(IoUringError.TryAgain);
            for (var round = 0; round < 3; round++)
            {
                for (var i = 0; i < 200; i++)
                    driver.Ring.Next().Nop((ulong)((round * 200) + i));
                Assert.Equal(200, driver.Ring.CountUnsubmitted());
                driver.RunOnce();
                Assert.Equal(0, driver.Ring.CountUnsubmitted());
            }

            Assert.Equal(Enumerable.Range(0, 600), driver.Completions.Select(completion => (int)completion.UserData));
            return true;
        });
    }

    [Fact]
    public void Kernel_that_takes_nothing_is_busy_and_loses_nothing()
    {
        RingDriver.SkipUnlessSupported();
        TestThread.Run(() =>
        {
            using var driver = RingDriver.Create(new() { SubmissionEntries = 16, CompletionEntries = 64 });
            SeccompFilter.Refuse(SeccompFilter.Enter, IoUringError.TryAgain);
            for (var i = 0ul; i < 100; i++)
                driver.Ring.Next().Nop(i);
            Assert.Equal(EnterOutcome.Busy, driver.Ring.Enter(1, Timeout.InfiniteTimeSpan));
            Assert.Equal(100, driver.Ring.CountUnsubmitted());
            return true;
        });
    }

    [Fact]
    public void Submission_starts_empty_where_another_was_before()
    {
        using var driver = RingDriver.Create(new() { SubmissionEntries = 1, CompletionEntries = 16 });
        using var pair = SocketPair.Create();
        for (var i = 0; i < 10; i++)
        {
            // What a receive leaves behind (buffer selection, a limit) would make a nop fail.
            driver.Ring.Next().ReceiveMultishot(pair.First, 9, 1, userData: 1);
            driver.Ring.Next().Nop(userData: 2);
        }

        driver.RunUntil(() => driver.Completions.Count == 20);
        Assert.All(driver.CompletionsOf(2), completion => Assert.Equal(0, completion.Result));
        Assert.All(driver.CompletionsOf(1), completion => Assert.True(completion.Result < 0));
    }

    [Fact]
    public void Thread_that_does_not_own_the_ring_is_refused_by_name()
    {
        using var driver = RingDriver.Create();
        driver.Ring.Next().Nop(1);
        var error = Assert.Throws<EngineException>(() =>
            TestThread.Run(() => driver.Ring.Enter(1, TimeSpan.Zero)));
        Assert.Equal("io_uring_enter", error.Call);
    }
}
