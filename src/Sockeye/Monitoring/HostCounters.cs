using System.Globalization;

namespace Sockeye;

/// <summary>
/// Reads TCP counters that Linux keeps for a network namespace: <c>/proc/net/netstat</c>, group TcpExt (nstat(8)).
/// </summary>
internal static class HostCounters
{
    private const string Path = "/proc/self/net/netstat";
    private const string Group = "TcpExt: ";

    /// <summary>Reads a counter. Null on other systems, and if this kernel does not have the counter.</summary>
    public static long? Read(string name)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return Find(File.ReadLines(Path), name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // /proc is not readable, as in some containers.
        }
    }

    /// <summary>Finds a value. The file has pairs of lines: the names, then the values in the same order.</summary>
    internal static long? Find(IEnumerable<string> lines, string name)
    {
        var group = lines.Where(line => line.StartsWith(Group, StringComparison.Ordinal)).Take(2).ToList();
        if (group.Count < 2)
            return null;
        var index = Array.IndexOf(group[0].Split(' '), name);
        var values = group[1].Split(' ');
        return index > 0 && index < values.Length && long.TryParse(values[index], CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
    }
}
