namespace Sockeye;

/// <summary>Reads how near a server is to not serving. From any thread, without a lock, whatever else stands still.</summary>
internal sealed class LoadReader(
    ListenerSet listeners, ServerConnectionLimit limit, SockeyeServerOptions options, SchedulerProbe probe, StopClock stop)
{
    private readonly IBlockingTransport? _transport = options.Transport as IBlockingTransport;

    /// <summary>One pass over the connections, and a system call for each listener.</summary>
    public ServerLoad Read() => Read(CountAll());

    /// <summary>Looks at connections only if a handler waits: what a look every second may cost. So it finds no stalls.</summary>
    public ServerLoad ReadWithoutStalls() =>
        listeners.All.Any(listener => listener.WaitingHandlers > 0) ? Read() : Read(new ConnectionCounts());

    private ConnectionCounts CountAll()
    {
        var counts = new ConnectionCounts();
        foreach (var listener in listeners.All)
            listener.AddTo(ref counts);
        return counts;
    }

    private ServerLoad Read(ConnectionCounts counts)
    {
        ListenerInfo[] loads = [.. listeners.Active.Select(listener => new ListenerInfo(listener, stop.IsRunning))];
        var connections = limit.Count;
        var signs = new List<SaturationSign>();
        signs.AddRange(loads.Select(SaturationRules.AcceptQueue).OfType<SaturationSign>());
        Add(SaturationRules.Connections(connections, options.MaxConnections));
        Add(SaturationRules.HandlersWaiting(counts, GetWaitForThread()));
        Add(SaturationRules.HandlersBlocked(_transport?.BlockingHandlers ?? []));
        signs.AddRange(loads.Select(SaturationRules.AcceptFailing).OfType<SaturationSign>());
        signs.AddRange(loads.Select(SaturationRules.AcceptHeld).OfType<SaturationSign>());
        signs.AddRange(
            loads.Select(listener => SaturationRules.NotListening(listener, stop.IsRunning)).OfType<SaturationSign>());
        Add(SaturationRules.SendsStalled(counts.SendStalls, connections));
        Add(SaturationRules.ReadsStalled(counts.ReadStalls, connections));
        return new(counts, connections, options.MaxConnections, loads, signs, stop.TimeLeft(options.ShutdownTimeout));

        void Add(SaturationSign? sign)
        {
            if (sign is not null)
                signs.Add(sign);
        }
    }

    private TimeSpan GetWaitForThread()
    {
        var waited = probe.WaitTime;
        if (!stop.IsRunning)
            probe.Probe();
        return waited;
    }
}
