using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Counters of TCP for the whole network namespace, from <c>/proc/net/netstat</c> and <c>/proc/net/snmp</c>.</summary>
internal sealed record KernelCounters
{
    public static KernelCounters None { get; } = new();

    /// <summary>Gets the handshakes that found the accept queue full.</summary>
    public long? ListenOverflows { get; init; }

    /// <summary>Gets the handshakes that were dropped for any reason, overflows among them.</summary>
    public long? ListenDrops { get; init; }

    /// <summary>Gets the SYNs that were dropped because the SYN queue was full and cookies are off.</summary>
    public long? RequestQueueDrops { get; init; }

    /// <summary>Gets the segments that were dropped because the program did not read fast enough.</summary>
    public long? BacklogDrops { get; init; }

    /// <summary>Gets the times that the kernel shrank receive queues for lack of buffer memory.</summary>
    public long? Pruned { get; init; }

    public long? SegmentsSent { get; init; }

    public long? SegmentsRetransmitted { get; init; }

    /// <summary>Reads the counters; values are null where the files do not exist.</summary>
    public static KernelCounters Read() => !OperatingSystem.IsLinux() ? None
        : Parse(ReadText("/proc/net/netstat"), ReadText("/proc/net/snmp"));

    public static KernelCounters Parse(string netstat, string snmp) => new()
    {
        ListenOverflows = Find(netstat, "TcpExt:", "ListenOverflows"),
        ListenDrops = Find(netstat, "TcpExt:", "ListenDrops"),
        RequestQueueDrops = Find(netstat, "TcpExt:", "TCPReqQFullDrop"),
        BacklogDrops = Find(netstat, "TcpExt:", "TCPBacklogDrop"),
        Pruned = Find(netstat, "TcpExt:", "PruneCalled"),
        SegmentsSent = Find(snmp, "Tcp:", "OutSegs"),
        SegmentsRetransmitted = Find(snmp, "Tcp:", "RetransSegs"),
    };

    /// <summary>Returns the difference per second; null if one of the two is unknown.</summary>
    public static double? Rate(long? now, long? before, TimeSpan elapsed) =>
        elapsed > TimeSpan.Zero && now - before is { } more ? Math.Max(0, more) / elapsed.TotalSeconds : null;

    /// <summary>Finds a value: one line has the names, the next line with the same prefix has the values.</summary>
    private static long? Find(string text, string prefix, string name)
    {
        string[]? names = null;
        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (names is null)
            {
                names = fields;
                continue;
            }

            var index = Array.IndexOf(names, name);
            return index > 0 && index < fields.Length
                && long.TryParse(fields[index], CultureInfo.InvariantCulture, out var value) ? value : null;
        }

        return null;
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // Then the counters are unknown.
        }
    }
}
