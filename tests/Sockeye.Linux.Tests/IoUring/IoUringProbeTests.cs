using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>Whether io_uring is usable is found by using it, and a refusal is a sentence that says what refuses.</summary>
public sealed class IoUringProbeTests
{
    private const int NotPermitted = IoUringError.NotPermitted, NoSuchCall = IoUringError.NoSuchCall;

    [Fact]
    public void Self_test_passes_and_names_the_kernel()
    {
        RingDriver.SkipUnlessSupported();
        var result = IoUringSelfTest.Run();
        Assert.True(result.IsSupported, result.Reason);
        Assert.Contains(IoUringErrorText.KernelVersion, result.Reason, StringComparison.Ordinal);
        Assert.Same(IoUringProbe.Result, IoUringProbe.Result);
        Assert.Equal(result, IoUringProbe.Result);
    }

    [Theory]
    [InlineData(SeccompFilter.Setup, NotPermitted, "seccomp filter (container profile) refuses io_uring_setup (EPERM)")]
    [InlineData(SeccompFilter.Enter, NotPermitted, "seccomp filter (container profile) refuses io_uring_enter (EPERM)")]
    [InlineData(SeccompFilter.Register, NotPermitted, "seccomp filter (container profile) refuses io_uring_register")]
    [InlineData(SeccompFilter.Setup, NoSuchCall, "no io_uring_setup (ENOSYS)")]
    [InlineData(SeccompFilter.Enter, NoSuchCall, "seccomp filter or a sandbox hides io_uring_enter (ENOSYS)")]
    [InlineData(SeccompFilter.Register, NoSuchCall, "seccomp filter or a sandbox hides io_uring_register (ENOSYS)")]
    public void Refused_call_is_named_with_who_refuses(int call, int error, string expected)
    {
        RingDriver.SkipUnlessSupported();
        var result = TestThread.Run(() =>
        {
            SeccompFilter.Refuse(call, error);
            return IoUringSelfTest.Run();
        });
        Assert.False(result.IsSupported);
        Assert.Contains(expected, result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Kernel_that_completes_nothing_is_refused_in_time()
    {
        RingDriver.SkipUnlessSupported();
        var result = TestThread.Run(() =>
        {
            SeccompFilter.Refuse(SeccompFilter.Enter, 0);
            return IoUringSelfTest.Run();
        });
        Assert.False(result.IsSupported);
        Assert.Contains("did not complete", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Self_test_that_hangs_is_abandoned()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "io_uring is a part of Linux only.");
        using var never = new ManualResetEventSlim();
        var result = IoUringProbe.Run(() =>
        {
            never.Wait();
            return new(true, "Too late.");
        }, TimeSpan.FromMilliseconds(10));
        never.Set();
        Assert.Equal("The self-test of io_uring did not finish in 0 s.", result.Reason);
    }

    [Fact]
    public void Self_test_that_gets_no_processor_is_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "io_uring is a part of Linux only.");
        using var processor = new SemaphoreSlim(0);
        var polls = 0;
        var result = IoUringProbe.Run(
            monitor =>
            {
                processor.Wait(); // As between two calls of the kernel, and as its own code is compiled.
                for (var i = 0; i < 10; i++)
                    Assert.Equal(i, monitor.Run(() => i));
                return new(true, "Late, and works.");
            },
            TimeSpan.FromSeconds(1),
            (thread, time) =>
            {
                if (++polls < 10_000)
                    return false; // The caller polls for a thousand seconds.
                processor.Release();
                thread.Join();
                return true;
            });
        Assert.Equal((10_000, "Late, and works."), (polls, result.Reason));
    }

    [Fact]
    public void Self_test_whose_every_call_is_late_is_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "io_uring is a part of Linux only.");
        using var answers = new SemaphoreSlim(0);
        using var asked = new SemaphoreSlim(0);
        var polls = 0;
        var result = IoUringProbe.Run(
            monitor =>
            {
                for (var i = 0; i < 20; i++)
                {
                    monitor.Run(() =>
                    {
                        asked.Release();
                        answers.Wait();
                        return i;
                    });
                }

                return new(true, "Late, and works.");
            },
            TimeSpan.FromSeconds(1),
            (thread, time) =>
            {
                // Nine polls, the first of which sees a new call, find each of them waiting.
                if (polls++ % 9 != 0)
                    return false;
                if (polls > 1)
                    answers.Release();
                if (polls <= 20 * 9)
                    asked.Wait();
                else
                    thread.Join();
                return polls > 20 * 9;
            });
        Assert.Equal("Late, and works.", result.Reason);
    }

    [Fact]
    public void Call_of_the_kernel_that_never_returns_is_given_up_after_its_time()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "io_uring is a part of Linux only.");
        using var never = new SemaphoreSlim(0);
        using var hangs = new SemaphoreSlim(0);
        var polls = 0;
        var result = IoUringProbe.Run(
            monitor => monitor.Run(() =>
            {
                hangs.Release();
                never.Wait();
                return new IoUringSupport(true, "Never.");
            }),
            IoUringProbe.MaxTime,
            (_, time) =>
            {
                Assert.Equal(TimeSpan.FromMilliseconds(100), time);
                if (++polls == 1)
                    hangs.Wait();
                return false;
            });
        never.Release();
        Assert.Equal((301, "The self-test of io_uring did not finish in 30 s."), (polls, result.Reason));
    }

    [Theory]
    [InlineData("io_uring_setup", IoUringError.NotPermitted, "2", "kernel.io_uring_disabled is 2")]
    [InlineData("io_uring_setup", IoUringError.NotPermitted, "1", "kernel.io_uring_disabled is 1")]
    [InlineData("io_uring_setup", IoUringError.NotPermitted, "0", "seccomp")]
    [InlineData("io_uring_setup", IoUringError.NotPermitted, null, "seccomp")]
    [InlineData("io_uring_enter", IoUringError.NotPermitted, "0", "refuses io_uring_enter")]
    [InlineData("io_uring_setup", IoUringError.AccessDenied, "0", "security module")]
    [InlineData("io_uring_setup", IoUringError.NoSuchCall, null, "built without it")]
    [InlineData("io_uring_setup", IoUringError.Invalid, "0", "needs Linux 6.1")]
    [InlineData("io_uring_setup", IoUringError.NoMemory, "0", "LimitMEMLOCK=")]
    [InlineData("io_uring_setup", IoUringError.OutOfDescriptors, "0", "RLIMIT_NOFILE")]
    [InlineData("io_uring_register", IoUringError.Invalid, "0", "io_uring_register failed with errno 22")]
    public void Refusal_says_what_helps(string call, int error, string? disabled, string expected) =>
        Assert.Contains(expected, IoUringErrorText.Describe(call, error, disabled), StringComparison.Ordinal);
}
