using System.Runtime.InteropServices;

namespace Sockeye.Fleet.Clients;

/// <summary>A pause of about a tenth of a millisecond, nanosleep(2): timers of .NET are ten times as long.</summary>
internal static class ShortSleep
{
    private const int Nanoseconds = 30_000;

    public static void Run()
    {
        var pause = new Timespec { Nanoseconds = Nanoseconds };
        // A signal may end it early, and the caller looks at its clock.
        _ = Sleep(in pause, nint.Zero);
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    private static extern int Sleep(in Timespec pause, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
