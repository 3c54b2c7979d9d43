namespace Sockeye.Linux;

/// <summary>Finds out, once in a process, whether io_uring is of use here: by using it, as nothing else proves it.</summary>
internal static class IoUringProbe
{
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(2);

    private static readonly Lazy<IoUringSupport> Lazy = new(() => Run(IoUringSelfTest.Run, MostTime));

    /// <summary>What the self-test found. The first caller waits for it, 2 s at most.</summary>
    public static IoUringSupport Result => Lazy.Value;

    /// <summary>Runs a self-test on a thread of its own, so that a kernel that does not answer stops nobody else.</summary>
    public static IoUringSupport Run(Func<IoUringSupport> selfTest, TimeSpan mostTime)
    {
        if (!OperatingSystem.IsLinux())
            return IoUringSupport.Refused("io_uring is a part of Linux only.");

        IoUringSupport? result = null;
        var thread = new Thread(() => result = selfTest()) { IsBackground = true, Name = "Sockeye io_uring self-test" };
        thread.UnsafeStart();
        return thread.Join(mostTime)
            ? result!
            : IoUringSupport.Refused($"The self-test of io_uring did not finish in {mostTime.TotalSeconds:0.#} s.");
    }
}
