using System.Diagnostics;
using System.Globalization;

namespace Sockeye.Transport.Tests.Support;

/// <summary>What Linux reports about the process that the tests run in, proc(5).
/// Only a test that runs alone learns much by it.</summary>
public static class ThisProcess
{
    /// <summary>Descriptors that are open now, the one for looking included.</summary>
    public static int Descriptors => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>Sockets that are open now: unlike <see cref="Descriptors"/> not more when an assembly is loaded.</summary>
    public static int Sockets => Directory.GetFileSystemEntries("/proc/self/fd").Count(IsSocket);

    /// <summary>The memory that is resident now, in bytes.</summary>
    public static long ResidentBytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }

    /// <summary>Names of the threads, as far as Linux keeps them (15 bytes), which start with this.</summary>
    public static IReadOnlyList<string> Threads(string prefix) =>
        [.. Tasks().Select(task => ReadOrEmpty($"{task}/comm").Trim())
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];

    /// <summary>Processor time used so far by the threads whose names start with this, in ticks of 10 ms.</summary>
    public static long CpuTicks(string prefix) =>
        Tasks().Where(task => ReadOrEmpty($"{task}/comm").StartsWith(prefix, StringComparison.Ordinal))
            .Sum(task => Ticks(ReadOrEmpty($"{task}/stat")));

    private static bool IsSocket(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) is true;
        }
        catch (IOException)
        {
            return false; // The one for looking is gone by now.
        }
    }

    private static string[] Tasks() => Directory.GetDirectories("/proc/self/task");

    private static long Ticks(string stat)
    {
        // The name, in parentheses, may hold spaces; what follows it starts with field 3.
        var fields = stat.Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 13 ? 0 : Number(fields[14 - 3]) + Number(fields[15 - 3]);
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return ""; // The thread has ended.
        }
    }
}
