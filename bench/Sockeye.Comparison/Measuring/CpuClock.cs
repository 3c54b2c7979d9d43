using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sockeye.Comparison.Measuring;

/// <summary>Processor time of a whole process in nanoseconds: clock_getcpuclockid(3) for other processes.</summary>
internal static class CpuClock
{
    private const int ClockProcessCpuTime = 2;

    /// <summary>User and system time of all its threads, also of those that have ended.</summary>
    public static TimeSpan Read(int processId)
    {
        if (GetTime(GetClockId(processId), out var time) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"No processor time of process {processId}");
        return ToTimeSpan(time.Seconds, time.Nanoseconds);
    }

    /// <summary>The kernel's name of the clock: the complement of the process above three bits that say which clock.</summary>
    public static int GetClockId(int processId) => (~processId << 3) | ClockProcessCpuTime;

    public static TimeSpan ToTimeSpan(long seconds, long nanoseconds) =>
        TimeSpan.FromSeconds(seconds) + TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);

    [DllImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static extern int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
