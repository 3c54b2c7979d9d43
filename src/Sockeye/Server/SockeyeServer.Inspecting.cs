using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>What a server tells of itself while it runs. From any thread.</summary>
public sealed partial class SockeyeServer
{
    /// <summary>All listeners as they are now, in the order of <see cref="EndPoints"/>; one system call each.</summary>
    public IReadOnlyList<ListenerInfo> GetListeners() => [.. _listeners.Select(listener => new ListenerInfo(listener, _stopClock.IsRunning))];

    /// <summary>All open connections as they are now, in the order they came. Asks no system: counters of this process.</summary>
    public IReadOnlyList<ServerConnectionInfo> GetConnections() =>
        [.. _table.InOrder().Select(connection => connection.GetInfo())];

    /// <summary>The connections that ended last, newest first, those that were refused included: up to
    /// <see cref="SockeyeServerOptions.MaxClosedHistory"/>.</summary>
    public IReadOnlyList<ClosedConnectionInfo> GetClosedConnections() => _history?.NewestFirst() ?? [];

    /// <summary>How near the server is to not serving: for health checks, pages and alarms.</summary>
    /// <remarks>It asks the system once for each listener, looks at each open connection without asking for it, and waits for
    /// nobody: on a thread of your own it answers while no thread of the pool is free. Whether one is, is found by asking for
    /// one: the next call tells how long that question has waited.</remarks>
    public ServerLoad GetLoad() => _load.Read();

    /// <summary>Ends one connection at once (RST), as an operator does who has seen enough of it.</summary>
    /// <param name="connectionId">As <see cref="ServerConnectionInfo.ConnectionId"/> names it.</param>
    /// <param name="description">Why: a sentence without a full stop, for the log and the handler's exception.</param>
    /// <returns>False: there is no such connection any more.</returns>
    public bool Abort(string connectionId, string description)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionId);
        ArgumentException.ThrowIfNullOrEmpty(description);
        if (_table.InOrder().FirstOrDefault(c => c.Id == connectionId) is not { } connection)
            return false;
        connection.Abort(CloseReason.Local(CloseCause.Abort, description));
        return true;
    }

    /// <summary>What it binds and accepts with.</summary>
    internal IConnectionListenerFactory Transport => _options.Transport;

    /// <summary>Time since it was started.</summary>
    internal TimeSpan Uptime => _options.TimeProvider.GetElapsedTime(_started);

    private void StartLoadMonitor()
    {
        ReplaceLoadReader();
        _loadMonitor = new(() => _load, _table, _options.TimeProvider, _logger);
    }

    /// <summary>Of the listeners and limits of now.</summary>
    private void ReplaceLoadReader()
    {
        _load = new(_listeners, _table, _options, _probe, _stopClock);
        if (_loadGauge is { } before)
            LoadObservables.Remove(before);
        LoadObservables.Add(_loadGauge = new(_load, _listeners, _options.MaxConnections));
    }
}
