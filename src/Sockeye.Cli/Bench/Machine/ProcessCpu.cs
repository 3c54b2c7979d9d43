using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>Processor time of a whole process: clock_getcpuclockid(3).</summary>
internal static class ProcessCpu
{
    private const int ProcessClock = 2;

    /// <summary>Returns the user and system time of all its threads, also of those that have ended, in nanoseconds; null if the
    /// process has ended, and on systems other than Linux.</summary>
    public static long? Read(int processId)
    {
        // The kernel's name of the clock: the complement of the process above three bits that say which clock.
        if (!OperatingSystem.IsLinux() || GetTime((~processId << 3) | ProcessClock, out var time) != 0)
            return null;
        return ((long)time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    /// <summary>Returns the processor time of this process in nanoseconds.</summary>
    public static long ReadOwn() => BenchClock.ToNanoseconds(Environment.CpuUsage.TotalTime);

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
