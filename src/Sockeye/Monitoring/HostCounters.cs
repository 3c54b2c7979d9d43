using System.Globalization;

namespace Sockeye;

/// <summary>What Linux counts of TCP for a whole network namespace: <c>/proc/net/netstat</c>, group TcpExt (nstat(8)).</summary>
internal static class HostCounters
{
    private const string Path = "/proc/self/net/netstat";
    private const string Group = "TcpExt: ";

    /// <summary>Null on other systems, and where this kernel does not count it.</summary>
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
            return null; // A container without /proc: there is nothing to tell.
        }
    }

    /// <summary>Two lines belong together: the names, then the values in the same order.</summary>
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
