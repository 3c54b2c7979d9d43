namespace Sockeye;

/// <summary>
/// Reads the load of a server. Safe from any thread. Takes no lock, so that it works while other threads are blocked.
/// </summary>
internal sealed class LoadReader(IMonitoredServer server, SchedulerProbe probe)
{
    /// <summary>Makes one pass over the connections of a listener.</summary>
    public static ConnectionCounts Count(IMonitoredListener listener)
    {
        var counts = new ConnectionCounts();
        foreach (var connection in listener.Connections)
            counts.Add(connection);
        return counts;
    }

    /// <summary>Makes one pass over the connections, and one system call per listener.</summary>
    public ServerLoad Read()
    {
        var counts = new ConnectionCounts();
        foreach (var listener in server.AllListeners)
            counts.Add(Count(listener));
        return Read(server.Listeners, counts);
    }

    /// <summary>
    /// Reads the load without stalls. Makes a pass over the connections only if a handler waits, because it is called every
    /// second.
    /// </summary>
    public ServerLoad ReadWithoutStalls() =>
        server.AllListeners.Any(listener => listener.WaitingHandlers > 0)
            ? Read()
            : Read(server.Listeners, new ConnectionCounts());

    /// <param name="listeners">The listeners to describe.</param>
    /// <param name="counts">The counts of a pass over the connections.</param>
    public ServerLoad Read(IReadOnlyList<IMonitoredListener> listeners, in ConnectionCounts counts)
    {
        var stopTimeLeft = server.StopTimeLeft;
        var isStopping = stopTimeLeft is not null;
        var (connections, maxConnections) = (server.ConnectionCount, server.MaxConnections);
        ListenerInfo[] infos = [.. listeners.Select(listener => new ListenerInfo(listener, isStopping))];
        var signs = new List<SaturationSign>();
        AddEach(SaturationRules.AcceptQueue);
        Add(SaturationRules.Connections(connections, maxConnections));
        Add(SaturationRules.HandlersWaiting(counts, GetWaitForThread(isStopping)));
        Add(SaturationRules.HandlersBlocked(server.BlockingHandlers));
        AddEach(SaturationRules.AcceptFailing);
        AddEach(SaturationRules.AcceptHeld);
        AddEach(listener => SaturationRules.NotListening(listener, isStopping));
        Add(SaturationRules.SendsStalled(counts.SendStalls, connections));
        Add(SaturationRules.ReadsStalled(counts.ReadStalls, connections));
        return new(counts, connections, maxConnections, infos, signs, stopTimeLeft);

        void AddEach(Func<ListenerInfo, SaturationSign?> find) =>
            signs.AddRange(infos.Select(find).OfType<SaturationSign>());

        void Add(SaturationSign? sign)
        {
            if (sign is not null)
                signs.Add(sign);
        }
    }

    private TimeSpan GetWaitForThread(bool isStopping)
    {
        var waited = probe.WaitTime;
        if (!isStopping)
            probe.Probe();
        return waited;
    }
}
