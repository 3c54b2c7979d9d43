using System.Globalization;
using System.Net;

namespace Sockeye.Cli;

/// <summary>Findings about listeners, of the machine or of one process: their queues, drops and ports.</summary>
internal static class ListenerFindings
{
    private const int MaxNamed = 5;
    private const double NearlyFull = 0.8;

    /// <summary>The time over which drops are counted.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Returns the drops of the machine now, over the interval.</summary>
    public static async Task<IReadOnlyList<Finding>> MeasureMachineAsync(TimeProvider time)
    {
        if (!OperatingSystem.IsLinux())
            return [];
        var (before, start) = (KernelCounters.Read(), time.GetTimestamp());
        await Task.Delay(Interval, time);
        var findings = Drops(before, KernelCounters.Read(), time.GetElapsedTime(start)).ToList();
        using var sockets = new SystemSockets();
        List<SocketEntry> listeners = [];
        sockets.Read(listeners, []);
        if (ReservedPorts(
            listeners.Select(listener => listener.Local).Where(name => !IPAddress.IsLoopback(name.ToEndPoint().Address))
                .Select(name => name.Port),
            ProcFiles.Numbers("/proc/sys/net/ipv4/ip_local_port_range"),
            ProcFiles.Text("/proc/sys/net/ipv4/ip_local_reserved_ports")) is { } ports)
            findings.Add(ports);
        return findings;
    }

    internal static IEnumerable<Finding> Drops(KernelCounters before, KernelCounters now, TimeSpan elapsed)
    {
        Finding?[] all =
        [
            Drop("accept queues full", now.ListenOverflows, before.ListenOverflows, elapsed,
                "Clients wait or give up, since a server does not accept fast enough: 'sockeye top', then Tab, shows which. "
                    + "Raise its backlog, or accept in more threads."),
            Drop("SYN queue drops", now.RequestQueueDrops, before.RequestQueueDrops, elapsed,
                "Half-open handshakes fill their queue: raise net.ipv4.tcp_max_syn_backlog, or set net.ipv4.tcp_syncookies=1."),
            Drop("socket backlog drops", now.BacklogDrops, before.BacklogDrops, elapsed,
                "Segments arrive faster than a socket takes them, and are sent again: raise net.ipv4.tcp_rmem, or read faster."),
            Drop("receive queues pruned", now.Pruned, before.Pruned, elapsed,
                "Programs do not read what they get: 'sockeye top --sort recvq' shows which."),
        ];
        return all.OfType<Finding>();
    }

    /// <summary>A listener within the range of local ports can find its port taken when it starts again.</summary>
    internal static Finding? ReservedPorts(IEnumerable<ushort> listening, long[]? range, string? reserved)
    {
        if (range is not [var first, var last])
            return null;
        var ports = listening.Distinct().Where(port => port >= first && port <= last && !IsReserved(port, reserved))
            .Order().ToList();
        if (ports.Count == 0)
            return null;
        var named = string.Join(", ", ports.Take(MaxNamed).Select(port => port.ToString(CultureInfo.InvariantCulture)));
        return new(
            "listening ports", ports.Count > MaxNamed ? $"{named} and {ports.Count - MaxNamed} more" : named,
            FindingSeverity.Note,
            string.Create(CultureInfo.InvariantCulture, $"In the range of local ports ({first} to {last}): while a server ")
                + "restarts, an outgoing connection can take its port. net.ipv4.ip_local_reserved_ports prevents that.")
        {
            Sysctl = "net.ipv4.ip_local_reserved_ports = " + string.Join(',',
                (reserved ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
                    .Concat(ports.Select(port => port.ToString(CultureInfo.InvariantCulture)))),
        };
    }

    /// <summary>Returns the listeners of one process, with what they dropped over the interval.</summary>
    internal static IEnumerable<Finding> OfProcess(
        IReadOnlyList<SocketEntry> before, IReadOnlyList<SocketEntry> now, TimeSpan elapsed)
    {
        foreach (var listener in now)
        {
            var name = $"listener {listener.Local}";
            var dropped = listener.Drops - before.FirstOrDefault(each => each.Cookie == listener.Cookie).Drops;
            var drops = dropped / elapsed.TotalSeconds;
            var value = string.Create(
                CultureInfo.InvariantCulture, $"{listener.ReceiveQueue:N0} of {listener.SendQueue:N0} to accept")
                + (listener.Drops is { } total ? string.Create(CultureInfo.InvariantCulture, $", {total:N0} dropped") : "")
                + (drops is > 0 ? string.Create(CultureInfo.InvariantCulture, $", {drops:0.#}/s now") : "");
            yield return drops is > 0 || listener.ReceiveQueue > listener.SendQueue
                ? new(name, value, FindingSeverity.Problem,
                    "The accept queue is full, and clients are dropped: accept faster, or raise the backlog and "
                        + "net.core.somaxconn.")
                : listener.Drops is > 0 ? new(name, value, FindingSeverity.Note,
                    "It has dropped clients since it exists; usually, the accept queue was full: raise the backlog and "
                        + "net.core.somaxconn.")
                : listener.ReceiveQueue > listener.SendQueue * NearlyFull ? new(name, value, FindingSeverity.Note,
                    "The accept queue is nearly full: accept faster, or raise the backlog and net.core.somaxconn.")
                : new(name, value, FindingSeverity.Ok);
        }
    }

    private static Finding? Drop(string name, long? now, long? before, TimeSpan elapsed, string explanation) =>
        KernelCounters.Rate(now, before, elapsed) switch
        {
            null => null,
            0 => new(name, "0/s", FindingSeverity.Ok),
            { } rate => new(
                name, string.Create(CultureInfo.InvariantCulture, $"{rate:0.#}/s"), FindingSeverity.Note, explanation),
        };

    private static bool IsReserved(ushort port, string? reserved)
    {
        foreach (var part in (reserved ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (ushort.TryParse(ends[0], CultureInfo.InvariantCulture, out var first)
                && ushort.TryParse(ends[^1], CultureInfo.InvariantCulture, out var last) && port >= first && port <= last)
                return true;
        }

        return false;
    }
}
