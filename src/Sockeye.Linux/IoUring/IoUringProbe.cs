namespace Sockeye.Linux;

/// <summary>Finds out, once in a process, whether io_uring is of use here: by using it, as nothing else proves it.</summary>
/// <remarks>
/// What is late works: on a machine whose processors are busy the self-test takes as long as it takes. It is given up only where
/// the kernel keeps one call for <see cref="MaxTime"/>, which none of them does that works. That time is counted in looks of the
/// thread that waits: while that one gets no processor either, or the whole process is frozen, it does not pass.
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
    public static IoUringSupport Run(Func<IoUringSupport> selfTest, TimeSpan mostTime) =>
        Run(monitor => monitor.Run(selfTest), mostTime);

    /// <summary>Runs a self-test on a thread of its own, so that a kernel that does not answer stops nobody else.</summary>
    /// <param name="selfTest">Tells the monitor of its calls of the kernel.</param>
    /// <param name="mostTime">How long one of them may take.</param>
    /// <param name="ended">Waits up to the time for the thread to end, and says whether it did; null: as threads do.</param>
    public static IoUringSupport Run(
        Func<SelfTestMonitor, IoUringSupport> selfTest, TimeSpan mostTime, Func<Thread, TimeSpan, bool>? ended = null)
    {
        if (!OperatingSystem.IsLinux())
            return IoUringSupport.Refused("io_uring is a part of Linux only.");

        var monitor = new SelfTestMonitor();
        IoUringSupport? result = null;
        var thread = new Thread(() => result = selfTest(monitor)) { IsBackground = true, Name = "Sockeye io_uring self-test" };
        thread.UnsafeStart();
        ended ??= static (thread, time) => thread.Join(time);
        var betweenLooks = mostTime < PollInterval ? mostTime : PollInterval;
        var (call, inCall) = ((int?)null, TimeSpan.Zero);
        while (!ended(thread, betweenLooks))
        {
            inCall = monitor.CurrentCall is { } current && current == call ? inCall + betweenLooks : TimeSpan.Zero;
            call = monitor.CurrentCall;
            if (inCall >= mostTime)
                return IoUringSupport.Refused($"The self-test of io_uring did not finish in {mostTime.TotalSeconds:0.#} s.");
        }

        return result!;
    }
}
