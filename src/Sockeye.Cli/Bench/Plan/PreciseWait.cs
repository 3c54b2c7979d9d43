using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>Waits of one thread that end within microseconds of a timestamp: it sleeps until shortly before, then
/// spins.</summary>
internal sealed class PreciseWait
{
    // The kernel wakes a thread some microseconds late, and the thread then needs a processor.
    private const long SpinTime = 30_000;

    // The longest sleep, so that a stop is noticed.
    private const long MaxSleep = 20_000_000;

    private const int SpinIterations = 20;
    private const int SetTimerSlack = 29; // PR_SET_TIMERSLACK, prctl(2)
    private const int Monotonic = 1; // CLOCK_MONOTONIC, the clock of TimeProvider.System
    private const int Absolute = 1; // TIMER_ABSTIME

    private readonly Func<long> _now;
    private readonly bool _canSleepPrecisely =
        OperatingSystem.IsLinux() && TimeProvider.System.TimestampFrequency == 1_000_000_000;

    private readonly ManualResetEventSlim _never = new();

    /// <param name="now">The current timestamp in nanoseconds.</param>
    public PreciseWait(Func<long> now) => _now = now;

    /// <summary>Makes the sleeps of the calling thread precise. Called once, on the thread that waits.</summary>
    public void Prepare()
    {
        if (_canSleepPrecisely)
            _ = ControlProcess(SetTimerSlack, 1, 0, 0, 0);
    }

    /// <summary>Waits until the timestamp, or at most 20 ms. Returns the current timestamp.</summary>
    public long WaitUntil(long timestamp)
    {
        var now = _now();
        if (timestamp - now > SpinTime)
        {
            Sleep(now, Math.Min(timestamp - SpinTime, now + MaxSleep));
            now = _now();
            if (timestamp - now > MaxSleep)
                return now;
        }

        while (now < timestamp && timestamp - now <= SpinTime)
        {
            Thread.SpinWait(SpinIterations);
            now = _now();
        }

        return now;
    }

    private void Sleep(long now, long until)
    {
        if (_canSleepPrecisely)
        {
            var time = new Timespec { Seconds = (nint)(until / 1_000_000_000), Nanoseconds = (nint)(until % 1_000_000_000) };
            _ = SleepUntil(Monotonic, Absolute, ref time, 0);
            return;
        }

        // The resolution of timers elsewhere is up to 16 ms; the rest of the wait spins.
        if ((until - now) / 1_000_000 is > 16 and var milliseconds)
            _never.Wait((int)milliseconds - 16);
        else
            Thread.Yield();
    }

    [DllImport("libc", EntryPoint = "prctl")]
    private static extern int ControlProcess(int option, nuint first, nuint second, nuint third, nuint fourth);

    [DllImport("libc", EntryPoint = "clock_nanosleep")]
    private static extern int SleepUntil(int clock, int flags, ref Timespec time, nint rest);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
