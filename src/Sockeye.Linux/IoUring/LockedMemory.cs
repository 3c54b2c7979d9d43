namespace Sockeye.Linux;

/// <summary>
/// Memory that the kernel charges to RLIMIT_MEMLOCK: rings and buffer rings of processes without CAP_IPC_LOCK, per user. The
/// kernel releases the share of a closed ring with a delay, so that a quick restart may have to wait for its predecessor.
/// </summary>
internal static class LockedMemory
{
    private const int Retries = 3;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Tries until the result is not ENOMEM: first with decreasing sizes, then three times at intervals of 100 ms.
    /// </summary>
    /// <param name="attempt">Returns a negative errno on failure.</param>
    /// <param name="shrink">Halves the size of the attempt; returns false at the smallest usable size.</param>
    /// <param name="wait">Waits for a time.</param>
    public static int AllocateWithRetries(Func<int> attempt, Func<bool> shrink, Action<TimeSpan> wait)
    {
        var retries = 0;
        while (true)
        {
            var answer = attempt();
            if (answer != -IoUringError.NoMemory)
                return answer;
            if (shrink())
                continue;
            if (retries++ == Retries)
                return answer;
            wait(RetryDelay);
        }
    }

    /// <summary>Blocks for a time, because the kernel does not signal that it has memory again.</summary>
    public static void Wait(TimeSpan time)
    {
        using var never = new ManualResetEvent(false);
        never.WaitOne(time);
    }

    /// <summary>Returns the limit as a part of a sentence: its name, its value, and how to raise it.</summary>
    public static string Describe() =>
        "RLIMIT_MEMLOCK" + (IoUringCalls.LockedMemoryLimit() switch
        {
            null => "",
            ulong.MaxValue => " (unlimited, so the system itself is out of memory)",
            { } bytes => $" ({bytes} bytes, shared by all processes of the user)",
        }) + ": raise it by 'ulimit -l', or by LimitMEMLOCK= in the systemd unit";
}
