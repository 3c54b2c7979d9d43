using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sockeye.Comparison.Measuring;

/// <summary>Which processors there are to run on, and moving this program to one of them.</summary>
internal static class Processors
{
    private const int MaskBytes = 128;

    /// <summary>The processors this process may use, by number.</summary>
    public static IReadOnlyList<int> Allowed()
    {
        var mask = new byte[MaskBytes];
        if (GetAffinity(0, MaskBytes, mask) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "sched_getaffinity");
        return [.. Enumerable.Range(0, MaskBytes * 8).Where(processor => (mask[processor / 8] >> (processor % 8) & 1) != 0)];
    }

    /// <summary>How many the machine has, whatever this process may use.</summary>
    public static int All() => File.ReadLines("/proc/stat").Count(line =>
        line.StartsWith("cpu", StringComparison.Ordinal) && char.IsAsciiDigit(line[3]));

    /// <summary>
    /// Restarts this process on one processor: the runtime counts processors once, at its start, and its threads are there by
    /// now. Returns only when that fails.
    /// </summary>
    public static void RestartOn(int processor, string[] command, IEnumerable<KeyValuePair<string, string?>> environment)
    {
        var mask = new byte[MaskBytes];
        mask[processor / 8] = (byte)(1 << (processor % 8));
        if (SetAffinity(0, MaskBytes, mask) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"sched_setaffinity to processor {processor}");
        if (Execute(command[0], [.. command, null], [.. environment.Select(entry => $"{entry.Key}={entry.Value}"), null]) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"execve {command[0]}");
    }

    [DllImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static extern int GetAffinity(int thread, nint size, byte[] mask);

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static extern int SetAffinity(int thread, nint size, byte[] mask);

    [DllImport("libc", EntryPoint = "execve", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false)]
    private static extern int Execute(string path, string?[] arguments, string?[] environment);
}
