using System.Globalization;

namespace Sockeye.Cli.Tests.Support;

/// <summary>The data of Linux about a process, proc(5).</summary>
public static class ProcessFiles
{
    /// <summary>Processor time used so far, user and system, in ticks of 10 ms.</summary>
    public static long CpuTicks(int id)
    {
        // The name, in parentheses, may hold spaces; what follows it begins with field 3.
        var fields = File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Number(fields[14 - 3]) + Number(fields[15 - 3]);
    }

    /// <summary>The maximum memory in use so far, in KiB.</summary>
    public static long PeakMemory(int id) =>
        Number(File.ReadLines($"/proc/{id}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    public static int Descriptors(int id) => Directory.GetFiles($"/proc/{id}/fd").Length;

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
