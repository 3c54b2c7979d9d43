using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>What a ring leaves behind: nothing.</summary>
[Collection(AloneInProcess.Name)]
public sealed class RingLifetimeTests
{
    [Fact]
    public void Descriptors_are_not_inherited_by_other_programs()
    {
        using var driver = RingDriver.Create();
        using var pair = SocketPair.Create();
        Assert.All([driver.Ring.Descriptor, pair.First, pair.Second], item => Assert.True(DescriptorInfo.IsCloseOnExec(item)));
    }

    [Fact]
    public void Rings_made_and_disposed_leave_no_descriptor_behind()
    {
        RingDriver.SkipUnlessSupported();
        var before = DescriptorInfo.Count;
        TestThread.Run(() =>
        {
            // The kernel frees rings later than they are closed: thousands would be a queue that other tests wait for.
            for (var i = 0; i < 500; i++)
            {
                using var driver = RingDriver.Create(new() { SubmissionEntries = 8, CompletionEntries = 16 });
                // A registration that is not removed holds its ring until the thread ends, and a thread has 16 of them.
                Assert.True(driver.Ring.IsRegistered());
                using var buffers = new Buffers(driver, 8, 16);
                driver.Ring.Next().Nop(1);
                driver.RunUntil(() => driver.Completions.Count == 1);
            }

            Assert.Equal(before, DescriptorInfo.Count);
            Assert.DoesNotContain("io_uring", File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
            return true;
        });
    }

    [Fact]
    public void Thread_has_more_rings_than_it_can_register()
    {
        RingDriver.SkipUnlessSupported();
        TestThread.Run(() =>
        {
            var drivers = Enumerable.Range(0, 20).Select(_ => RingDriver.Create()).ToArray();
            Assert.Equal(16, drivers.Count(driver => driver.Ring.IsRegistered()));
            foreach (var driver in drivers)
            {
                driver.Ring.Next().Nop(1);
                driver.RunUntil(() => driver.Completions.Count == 1);
                driver.Dispose();
            }

            return true;
        });
    }

    [Fact]
    public void Dispose_twice_closes_once()
    {
        var driver = RingDriver.Create();
        var buffers = new Buffers(driver, 8, 16);
        buffers.Dispose();
        buffers.Dispose();
        driver.Dispose();
        var before = DescriptorInfo.Count;
        // The number is free again, so that another file has it when the ring is disposed for the second time.
        using var pair = SocketPair.Create();
        driver.Dispose();
        Assert.Equal(before + 2, DescriptorInfo.Count);
    }
}
