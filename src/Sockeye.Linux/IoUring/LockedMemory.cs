namespace Sockeye.Linux;

/// <summary>
/// What the kernel charges to RLIMIT_MEMLOCK: rings and buffer rings of processes without CAP_IPC_LOCK, for the user as a whole.
/// A closed ring gives its share back with a delay, so that a quick restart may have to wait for its predecessor.
/// </summary>
internal static class LockedMemory
{
    private const int Retries = 3;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Tries until the answer is not ENOMEM: with smaller and smaller sizes, then three times, each 100 ms
    /// later.</summary>
    /// <param name="attempt">Answers a negative errno on failure.</param>
    /// <param name="shrink">Halves what the attempt asks for; false at the smallest size that is usable.</param>
    /// <param name="wait">Waits.</param>
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

    /// <summary>Blocks for a time. Nothing signals that the kernel has memory again, so there is nothing else to wait
    /// for.</summary>
    public static void Wait(TimeSpan time)
    {
        using var never = new ManualResetEvent(false);
        never.WaitOne(time);
    }

    /// <summary>The limit as a part of a sentence: its name, value and how to raise it.</summary>
    public static string Describe() =>
        "RLIMIT_MEMLOCK" + (IoUringCalls.LockedMemoryLimit() switch
        {
            null => "",
            ulong.MaxValue => " (unlimited, so the system itself is out of memory)",
            { } bytes => $" ({bytes} bytes, shared by all processes of the user)",
        }) + ": raise it by 'ulimit -l', or by LimitMEMLOCK= in the systemd unit";
}
