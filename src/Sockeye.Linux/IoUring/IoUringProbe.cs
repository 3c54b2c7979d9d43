namespace Sockeye.Linux;

/// <summary>Tests, once in a process, whether io_uring is usable. It uses io_uring, because nothing else is proof.</summary>
/// <remarks>
/// On a busy machine, the self-test may take long, and its result is still valid. It is abandoned only if the kernel does not
/// complete one call within <see cref="MaxTime"/>, which means that it hangs. The time is counted in polls of the waiting thread,
/// so that it does not pass while that thread has no processor either, or while the process is frozen.
/// </remarks>
internal static class IoUringProbe
{
    /// <summary>The maximum duration of one call. Calls of the self-test wait for at most a tenth of a second.</summary>
    internal static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private static readonly Lazy<IoUringSupport> Lazy = new(() => Run(IoUringSelfTest.Run, MaxTime));

    /// <summary>The result of the self-test. The first caller waits for it, usually for a few milliseconds.</summary>
    public static IoUringSupport Result => Lazy.Value;

    /// <summary>Runs a self-test that is a single call.</summary>
    public static IoUringSupport Run(Func<IoUringSupport> selfTest, TimeSpan maxTime) =>
        Run(monitor => monitor.Run(selfTest), maxTime);

    /// <summary>Runs a self-test on a separate thread, so that a kernel that does not answer blocks nothing else.</summary>
    /// <param name="selfTest">Runs its system calls through the monitor.</param>
    /// <param name="maxTime">The maximum duration of one system call.</param>
    /// <param name="waitForEnd">Waits up to the time for the thread to end, and returns whether it did. Default:
    /// <see cref="Thread.Join(TimeSpan)"/>.</param>
    public static IoUringSupport Run(
        Func<SelfTestMonitor, IoUringSupport> selfTest, TimeSpan maxTime, Func<Thread, TimeSpan, bool>? waitForEnd = null)
    {
        if (!OperatingSystem.IsLinux())
            return IoUringSupport.Refused("io_uring is a part of Linux only.");

        var monitor = new SelfTestMonitor();
        IoUringSupport? result = null;
        var thread = new Thread(() => result = selfTest(monitor)) { IsBackground = true, Name = "Sockeye io_uring self-test" };
        thread.UnsafeStart();
        waitForEnd ??= static (thread, time) => thread.Join(time);
        var interval = maxTime < PollInterval ? maxTime : PollInterval;
        var (call, inCall) = ((int?)null, TimeSpan.Zero);
        while (!waitForEnd(thread, interval))
        {
            inCall = monitor.CurrentCall is { } current && current == call ? inCall + interval : TimeSpan.Zero;
            call = monitor.CurrentCall;
            if (inCall >= maxTime)
                return IoUringSupport.Refused($"The self-test of io_uring did not finish in {maxTime.TotalSeconds:0.#} s.");
        }

        return result!;
    }
}
