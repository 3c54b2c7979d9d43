using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Findings about the kernel's TCP under load: queues, ports, memory, connection tracking.</summary>
internal static class NetworkFindings
{
    private const long MinSynBacklog = 1024;
    private const long MinBuffer = 1 << 20;

    public static IEnumerable<Finding> All()
    {
        Finding?[] all =
        [
            SynQueue(ProcFiles.Numbers("/proc/sys/net/ipv4/tcp_max_syn_backlog") is [var size] ? size : null,
                ProcFiles.Numbers("/proc/sys/net/ipv4/tcp_syncookies") is [var cookies] ? cookies : null),
            Tracking(ProcFiles.Numbers("/proc/sys/net/netfilter/nf_conntrack_count") is [var count] ? count : null,
                ProcFiles.Numbers("/proc/sys/net/netfilter/nf_conntrack_max") is [var max] ? max : null),
            Buffer("tcp_rmem", "receives", ProcFiles.Numbers("/proc/sys/net/ipv4/tcp_rmem")),
            Buffer("tcp_wmem", "sends", ProcFiles.Numbers("/proc/sys/net/ipv4/tcp_wmem")),
            Memory(ProcFiles.Text("/proc/net/sockstat"), ProcFiles.Numbers("/proc/sys/net/ipv4/tcp_mem")),
            TimeWait(ProcFiles.Text("/proc/net/sockstat"),
                ProcFiles.Numbers("/proc/sys/net/ipv4/tcp_max_tw_buckets") is [var buckets] ? buckets : null),
        ];
        return all.OfType<Finding>();
    }

    internal static Finding? SynQueue(long? size, long? cookies)
    {
        const string name = "net.ipv4.tcp_max_syn_backlog";
        if (size is not { } limit)
            return null;
        var value = QuantityText.FormatNumber(limit);
        if (cookies is > 0)
            return new(name, $"{value}, SYN cookies beyond", FindingSeverity.Ok);
        if (limit < MinSynBacklog)
        {
            return new(
                name, value, FindingSeverity.Note,
                "This many handshakes may be half open, and SYN cookies are off, so that the kernel drops further clients: "
                    + $"'sysctl -w {name}=4096' raises it.")
            {
                Sysctl = $"{name} = 4096",
            };
        }

        // A kernel that is built without cookies has no such setting.
        return cookies is null ? new(name, value, FindingSeverity.Ok) : new(
            "net.ipv4.tcp_syncookies", "0", FindingSeverity.Note,
            "A flood of SYNs locks clients out: 'sysctl -w net.ipv4.tcp_syncookies=1' answers them without memory.")
        {
            Sysctl = "net.ipv4.tcp_syncookies = 1",
        };
    }

    /// <summary>A full table of connections drops packets of new ones, whatever the server does.</summary>
    internal static Finding? Tracking(long? count, long? max)
    {
        if (count is not { } used || max is not > 0)
            return null;
        var value = string.Create(CultureInfo.InvariantCulture, $"{used:N0} of {max:N0} ({(double)used / max.Value:P0})");
        var verdict = used >= max * 0.9 ? FindingSeverity.Problem : used >= max * 0.7 ? FindingSeverity.Note : FindingSeverity.Ok;
        var raised = string.Create(CultureInfo.InvariantCulture, $"net.netfilter.nf_conntrack_max = {max * 2}");
        return verdict is FindingSeverity.Ok ? new("conntrack", value, verdict) : new(
            "conntrack", value, verdict,
            "When the table of tracked connections is full, the kernel drops new ones: 'sysctl -w "
                + string.Create(CultureInfo.InvariantCulture, $"net.netfilter.nf_conntrack_max={max * 2}' raises it. ")
                + "Or do not track the server's port (iptables -t raw -A PREROUTING -p tcp --dport PORT -j CT --notrack).")
        {
            Sysctl = raised,
        };
    }

    /// <param name="name">The setting.</param>
    /// <param name="verb">The direction.</param>
    /// <param name="sizes">The least, the first and the most bytes of a buffer.</param>
    internal static Finding? Buffer(string name, string verb, long[]? sizes)
    {
        if (sizes is not [var least, var first, var most])
            return null;
        var value = string.Create(CultureInfo.InvariantCulture, $"{first >> 10:N0} KiB, up to {most >> 10:N0} KiB");
        // The defaults of Linux.
        var raised = string.Create(
            CultureInfo.InvariantCulture, $"{least} {Math.Min(first, most)} {(verb is "sends" ? 4 : 6) << 20}");
        return most >= MinBuffer ? new($"net.ipv4.{name}", value, FindingSeverity.Ok) : new(
            $"net.ipv4.{name}", value, FindingSeverity.Note,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Over a round trip of 100 ms, a connection {verb} at most {most * 10 / 1e6:0.#} MB/s: ")
                + $"'sysctl -w net.ipv4.{name}=\"{raised}\"' raises the last number.")
        {
            Sysctl = $"net.ipv4.{name} = {raised}",
        };
    }

    /// <summary>Above the second number of tcp_mem, the kernel shrinks buffers; at the third, it drops.</summary>
    internal static Finding? Memory(string? sockstat, long[]? limits)
    {
        if (limits is not [_, var pressure, var most] || Field(sockstat, "mem") is not { } pages)
            return null;
        var size = Environment.SystemPageSize;
        var value = string.Create(CultureInfo.InvariantCulture, $"{pages * size >> 20:N0} of {most * size >> 20:N0} MiB");
        return pages < pressure ? new("TCP memory", value, FindingSeverity.Ok) : new(
            "TCP memory", value, pages >= most ? FindingSeverity.Problem : FindingSeverity.Note,
            "All connections together use so much that the kernel shrinks their buffers (net.ipv4.tcp_mem, in pages): "
                + "'sockeye top --sort recvq' shows who does not read.");
    }

    internal static Finding? TimeWait(string? sockstat, long? max)
    {
        if (max is not > 0 || Field(sockstat, "tw") is not { } waiting)
            return null;
        var value = string.Create(CultureInfo.InvariantCulture, $"{waiting:N0} of {max:N0}");
        return waiting < max * 0.9 ? new("net.ipv4.tcp_max_tw_buckets", value, FindingSeverity.Ok) : new(
            "net.ipv4.tcp_max_tw_buckets", value, FindingSeverity.Note,
            "Beyond the limit, connections end without TIME-WAIT, and late segments reset new ones: keep connections open, or "
                + "raise net.ipv4.tcp_max_tw_buckets.")
        {
            Sysctl = string.Create(CultureInfo.InvariantCulture, $"net.ipv4.tcp_max_tw_buckets = {max * 2}"),
        };
    }

    /// <summary>Returns the number after a name on the line "TCP: inuse 5 orphan 0 tw 3 alloc 7 mem 1".</summary>
    private static long? Field(string? sockstat, string name)
    {
        var fields = sockstat?.Split('\n').FirstOrDefault(line => line.StartsWith("TCP:", StringComparison.Ordinal))?.Split(' ');
        var index = fields is null ? -1 : Array.IndexOf(fields, name);
        return index > 0 && index + 1 < fields!.Length
            && long.TryParse(fields[index + 1], CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}
