namespace Sockeye.Linux;

/// <summary>Finds out, once in a process, whether io_uring is usable here: by using it, because nothing else proves it.</summary>
/// <remarks>
/// A late answer is an answer: on a machine whose processors are busy the self-test takes as long as it takes. It is abandoned
/// only where the kernel keeps one call for <see cref="MaxTime"/>, which no working kernel does. That time is counted in polls of
/// the waiting thread: while that thread gets no processor either, or the whole process is frozen, it does not pass.
/// </remarks>
internal static class IoUringProbe
{
    /// <summary>No call of the self-test asks the kernel to wait for longer than a tenth of a second.</summary>
    internal static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private static readonly Lazy<IoUringSupport> Lazy = new(() => Run(IoUringSelfTest.Run, MaxTime));

    /// <summary>
    /// What the self-test found. The first caller waits for it: a few milliseconds where there is a processor for it.
    /// </summary>
    public static IoUringSupport Result => Lazy.Value;

    /// <summary>Runs a self-test that is a single call.</summary>
    public static IoUringSupport Run(Func<IoUringSupport> selfTest, TimeSpan maxTime) =>
        Run(monitor => monitor.Run(selfTest), maxTime);

    /// <summary>Runs a self-test on a separate thread, so that a kernel that does not answer blocks nothing else.</summary>
    /// <param name="selfTest">Runs its system calls through the monitor.</param>
    /// <param name="maxTime">How long one of them may take.</param>
    /// <param name="waitForEnd">Waits up to the time for the thread to end, and says whether it did. Default:
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
