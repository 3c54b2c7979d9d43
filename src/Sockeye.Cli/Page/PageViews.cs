using System.Diagnostics;

namespace Sockeye.Cli;

/// <summary>Reads the sockets, and puts both ends of each connection together.</summary>
internal sealed class PageViews(PageWorld world, TimeProvider time)
{
    /// <summary>The time for which the page shows a connection whose sockets are gone.</summary>
    private static readonly TimeSpan ShownAfterEnd = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan CpuWindow = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly ServingThreads _threads = new(time);
    private readonly KernelCounters _countersAtStart = KernelCounters.Read();
    private TimeSpan _cpu = Environment.CpuUsage.TotalTime;
    private long _cpuAt = time.GetTimestamp();
    private double? _percent;

    /// <summary>Returns everything, with the segments and calls after these numbers.</summary>
    public PageView Read(long segment, long call)
    {
        lock (_lock)
        {
            var pairs = ReadPairsLocked();
            var (segments, lastSegment) = world.GetSegments(segment);
            var (calls, lastCall) = world.GetCalls(call);
            return new(
                world.Now, new(world.Kernel.Source, world.Kernel.HasAll, world.HasPackets, world.NoPackets), ReadListener(),
                new(Environment.ProcessId, world.Engine, _threads.Read(), MeasureCpuLocked()), pairs,
                segments, lastSegment, calls, lastCall);
        }
    }

    private static PageEndView View(PageEnd? end, KernelSocket? socket, long? handle) => new(
        socket?.Local.ToString(), socket?.Remote.ToString(), socket?.State ?? "CLOSED", end is { IsClosed: false },
        end?.HasSentEnd ?? false, end is { IsClosed: false } ? handle : null,
        socket is null ? null
            : new(socket.SendQueue, socket.ReceiveQueue, socket.Timer, socket.TimeLeft, socket.Retransmits));

    private List<PagePairView> ReadPairsLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The lock is held.");
        var clients = new Dictionary<int, KernelSocket>();
        var servers = new Dictionary<int, KernelSocket>();
        foreach (var socket in world.ReadSockets())
        {
            var isClient = socket.Remote.Equals(world.EndPoint);
            var port = isClient ? socket.Local.Port : socket.Remote.Port;
            (isClient ? clients : servers)[port] = socket;
            world.GetPair(port);
        }

        List<PagePairView> views = [];
        foreach (var pair in world.Pairs.OrderBy(pair => pair.CreatedAt).ThenBy(pair => pair.Port))
        {
            foreach (var end in pair.Ends)
                end.CloseIfReset();
            var (client, own) = (clients.GetValueOrDefault(pair.Port), servers.GetValueOrDefault(pair.Port));
            if (!IsShown(pair, client is not null || own is not null))
                continue;
            views.Add(new(
                pair.Port, pair.Name ?? (client is { State: "SYN-SENT" } ? "a client that connects" : "another program"),
                pair.Server is not null, View(pair.Client, client, pair.ClientHandle),
                View(pair.Server, own, pair.ServerHandle)));
        }

        return views;
    }

    /// <summary>Returns whether a pair is shown, and forgets one that has been without sockets for a while.</summary>
    private bool IsShown(PagePair pair, bool hasSocket)
    {
        if (hasSocket || pair.IsOpen)
        {
            pair.GoneAt = null;
            return true;
        }

        pair.GoneAt ??= time.GetTimestamp();
        if (time.GetElapsedTime(pair.GoneAt.Value) < ShownAfterEnd)
            return true;
        world.Remove(pair);
        return false;
    }

    private PageListenerView ReadListener()
    {
        var info = world.Listener;
        var counters = KernelCounters.Read();
        return new(
            world.EndPoint.ToString(), "LISTEN", world.Accepting.IsPaused, info?.AcceptQueueDepth, info?.AcceptQueueLimit,
            counters.ListenOverflows - _countersAtStart.ListenOverflows, counters.ListenDrops - _countersAtStart.ListenDrops);
    }

    private double? MeasureCpuLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The lock is held.");
        var elapsed = time.GetElapsedTime(_cpuAt);
        if (elapsed < CpuWindow)
            return _percent;
        var cpu = Environment.CpuUsage.TotalTime;
        _percent = Math.Round(100 * (cpu - _cpu) / elapsed, 1);
        (_cpu, _cpuAt) = (cpu, time.GetTimestamp());
        return _percent;
    }
}
