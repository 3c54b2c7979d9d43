using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>An accepted connection, from the start of its handler to the log line about its end.</summary>
internal sealed partial class ServerConnection : IMonitoredConnection, IThreadPoolWorkItem
{
    /// <summary>Replaces the counts of a stop: the connection has ended, and its result is known.</summary>
    private static readonly StopCounts Ended = new();

    private readonly ConnectionContext _connection;
    private readonly ActiveListener _listener;
    private readonly ServerContext _server;
    private readonly ILogger _logger;
    private readonly ListenerConfiguration _configuration;
    private readonly long _opened;
    private readonly StopNotification _stop;
    private readonly TimeoutMonitor? _watch;
    private List<Task>? _gateWaits;
    private int _entered;
    private volatile HandlerPhase _phase;

    private LimitTransfer? _transfer;
    private StopCounts? _counts;
    private volatile bool _wasAborted;
    private bool _hasLeft;
    private bool _leftUnread;
    private bool _isWhole;

    /// <param name="connection">The connection of the transport.</param>
    /// <param name="listener">The listener that accepted it, or that continues it.</param>
    /// <param name="server">The objects of the server.</param>
    /// <param name="continued">The state of the connection that this one continues; null for an accepted one.</param>
    public ServerConnection(
        ConnectionContext connection, ActiveListener listener, ServerContext server, ConnectionSnapshot? continued = null)
    {
        (_connection, _listener, _server, _logger) = (connection, listener, server, server.Logger);
        Sequence = server.NextSequence();
        _opened = server.Time.GetTimestamp();
        _stop = new(connection, server.Scheduler, _logger) { IsForHandler = true };
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(_stop);
        _configuration = listener.Configuration;
        if (_configuration.Options.MaxMovedState is { } maxState)
        {
            _move = new(maxState, server.Scheduler) { Continued = continued };
            connection.Features.Set(_move);
        }

        if (continued is not null)
            _opened -= (long)(continued.Age.TotalSeconds * server.Time.TimestampFrequency);
        _watch = _configuration.Timeouts is { } timeouts ? new(connection, timeouts, _stop, continued?.Clocks) : null;
    }

    /// <summary>Starts the timeouts.</summary>
    public void StartWatch() => _watch?.Start();

    public string Id => _connection.ConnectionId;

    /// <summary>The number of the connection, in the order in which the server accepted connections.</summary>
    public long Sequence { get; }

    public long BytesReceived => _connection.BytesReceived ?? 0;

    public long BytesSent => _connection.BytesSent ?? 0;

    public TimeSpan Age => _server.Time.GetElapsedTime(_opened);

    public HandlerPhase Phase => _phase;

    /// <summary>Null if the transport does not report progress. Layers on top of the connection do not have their own.</summary>
    public IConnectionProgressFeature? Progress => _connection as IConnectionProgressFeature;

    public ServerConnectionInfo GetInfo() => new(_connection, _listener.EndPoint, Age, _phase);

    public void Abort(CloseReason reason) => _connection.Abort(reason);

    /// <summary>Signals the handler to finish. The end of the connection is counted in the given counts.</summary>
    public void RequestStop(CloseReason reason, StopCounts counts)
    {
        // The connection may end at this moment: whichever of the two happens second counts it.
        StopCounts? seen;
        do
        {
            seen = Volatile.Read(ref _counts);
        }
        while (seen != Ended && Interlocked.CompareExchange(ref _counts, counts, seen) != seen);
        if (seen == Ended)
            counts.Add(_wasAborted, _isWhole);
        _stop.RequestClose(reason);
    }

    /// <summary>Aborts the connection because its handler did not finish in time.</summary>
    public void AbortUnfinished(CloseReason reason)
    {
        _wasAborted = true;
        Abort(reason);
    }

    /// <summary>Counts the connection in the limits of the given configuration, unless it was accepted with that one or has
    /// ended. Safe to call more than once.</summary>
    public void TransferTo(ListenerConfiguration configuration)
    {
        if (configuration == _configuration)
            return;
        lock (_listener.TransferLock)
        {
            if (_hasLeft || configuration == _transfer?.Configuration)
                return;
            _transfer?.Leave();
            _transfer = new(configuration, _connection.RemoteEndPoint);
        }
    }

    /// <summary>Counts the connection at the gates, before the next client is accepted. The handler waits for missing
    /// permits.</summary>
    public void Enter()
    {
        _listener.OnHandlerWaiting();
        foreach (var gate in _configuration.Gates)
        {
            var entering = gate.EnterAsync(_connection, _stop.ConnectionClosedRequested);
            _entered++;
            if (!entering.IsCompletedSuccessfully)
                (_gateWaits ??= []).Add(entering.AsTask());
        }
    }

    /// <summary>Removes the connection, which will not run, from all counts.</summary>
    public void Abandon()
    {
        _listener.OnHandlerStarted();
        Leave();
        _watch?.End();
        _listener.Remove(this);
    }

    /// <summary>Starts the handler, not on the caller's stack: a handler that computes before its first await does not delay
    /// accepting.</summary>
    public void Start()
    {
        if (_connection is DuplexConnection duplex)
            duplex.StartHandler(this, _server.Scheduler);
        else
            _server.Scheduler.Queue(this); // The transport is not one of Sockeye.
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        CloseReason? broken = null;
        // Started in this method, so that the activity is current for the handler only.
        var trace = ConnectionTrace.IsEnabled ? StartTrace() : null;
        try
        {
            if (_gateWaits is not null)
            {
                SetPhase(HandlerPhase.Held);
                await Task.WhenAll(_gateWaits);
            }

            TakeOwnership();
            SetPhase(HandlerPhase.Running);
            // A factory that logs nothing has no critical lines either; then the id is not needed.
            using (_logger.IsEnabled(LogLevel.Critical) ? _logger.BeginScope(new ConnectionLogScope(Id)) : null)
                await RunPipelineAsync();
            if (_stop.IsRequested && _connection.EndReason is null)
                _connection.SetCloseReason(_stop.Reason);
        }
        catch (Exception error)
        {
            broken = GetCloseReason(error);
        }
        finally
        {
            _move?.OnStarted(); // Also if it was never run.
        }

        SetPhase(HandlerPhase.Returned);
        _move?.OnReturned();
        await (_stop.IsRequested && !HasMoved ? CloseStoppedAsync(broken) : CloseAsync(broken));
        Leave();
        _watch?.End(); // Not earlier: the timeouts apply to a peer that does not read the remaining data.
        try
        {
            // Logged before the connection leaves the table: when a stop has ended, every connection has its line.
            var reason = _connection.EndReason ?? broken ?? CloseReason.LocalFin;
            CountEnd(reason);
            AddToHistory(reason);
            LogEnd(reason);
            ServerMetrics.OnClosed(_listener.Tags, reason, Age);
            trace?.End(_connection, reason);
        }
        catch (Exception error)
        {
            _logger.LogOutsideException(error, "reporting the end of", Id);
        }
        finally
        {
            // Even if a trace listener throws: a connection that stays in the table delays every stop.
            _listener.Remove(this);
        }
    }

    /// <summary>Starts the trace. If a trace listener throws, only the trace is lost.</summary>
    private ConnectionTrace? StartTrace()
    {
        try
        {
            var trace = ConnectionTrace.Start(ActivityKind.Server, _server.Time);
            trace?.Attach(_connection);
            return trace;
        }
        catch (Exception error)
        {
            Activity.Current = null;
            _logger.LogOutsideException(error, "starting the trace of", Id);
            return null;
        }
    }

    /// <summary>Adds the ended connection to <see cref="SockeyeServer.GetClosedConnections"/>.</summary>
    public void AddToHistory(CloseReason reason) => _server.History?.Add(
        new(_connection, _listener.EndPoint, _server.Time.GetUtcNow(), Age, reason));

    private void SetPhase(HandlerPhase next)
    {
        Debug.Assert(next > _phase, "A handler's phases only advance.");
        if (_phase <= HandlerPhase.Held && next > HandlerPhase.Held)
            _listener.OnHandlerStarted();
        _phase = next;
    }

    /// <summary>Returns the reason to abort the connection; null if the exception only means that the handler followed a
    /// stop.</summary>
    private CloseReason? GetCloseReason(Exception error)
    {
        if (_connection.EndReason is { IsOrderly: false } known)
        {
            // The connection broke first, which caused the exception.
            LogHandlerEndedWithConnection(error, _connection.ConnectionId);
            return known;
        }

        if (error is OperationCanceledException && _stop.IsRequested)
        {
            _connection.SetCloseReason(_stop.Reason);
            return null;
        }

        return CloseReason.Local(
            CloseCause.HandlerError, $"the handler threw {error.GetType().Name}: {OutsideCode.GetMessage(error)}",
            error);
    }

    /// <summary>Makes the server the owner of the connection: if the handler disposes it, the connection closes only when the
    /// handler has ended.</summary>
    private void TakeOwnership()
    {
        if (_connection.Features.Get<IConnectionOwnerFeature>() is IOwnableConnection kept)
            kept.TakeOwnership(_server.Timer);
        else
            _connection.Features.Set<IConnectionOwnerFeature>(AlwaysOwned.Instance); // The transport is not one of Sockeye.
    }

    /// <summary>Logs the exception of the handler, and whether it reset the connection.</summary>
    private void LogHandlerError(CloseReason broken)
    {
        if (_connection.EndReason is { } reason && reason != broken)
            LogHandlerThrewLate(broken.Exception!, _connection.ConnectionId, _connection.RemoteEndPoint, reason.Explanation);
        else
            LogHandlerThrew(broken.Exception!, _connection.ConnectionId, _connection.RemoteEndPoint);
    }

    private async Task CloseAsync(CloseReason? broken)
    {
        try
        {
            // A reset instead of FIN: the peer must not take a partial answer for a whole one. It replaces a withheld FIN, too.
            if (broken is not null)
                _connection.Abort(broken);
            if (broken is { Cause: CloseCause.HandlerError })
                LogHandlerError(broken);
            (_connection.Features.Get<IConnectionOwnerFeature>() as IOwnableConnection)?.ReleaseOwnership();
            await _connection.Outermost.DisposeAsync();
        }
        catch (Exception error)
        {
            LogCloseFailed(error, _connection.ConnectionId);
        }
    }

    private void LogEnd(CloseReason reason)
    {
        if (reason.IsRefusal)
        {
            LogConnectionRefused(
                _connection.ConnectionId, _connection.RemoteEndPoint, _connection.LocalEndPoint, reason.Cause,
                reason.Explanation);
            return;
        }

        if (!_logger.IsEnabled(LogLevel.Information))
            return;
        var via = _connection.Features.Get<IProxiedConnectionFeature>()?.ProxyEndPoint is { } proxy ? $" via {proxy}" : "";
        LogConnectionEnded(
            _connection.ConnectionId, _connection.RemoteEndPoint, _connection.LocalEndPoint, via, Age, BytesReceived, BytesSent,
            reason.By, reason.Cause, reason.Direction, reason.Explanation);
    }

    private void Leave()
    {
        foreach (var gate in _configuration.Gates.Take(_entered))
            gate.Leave();
        lock (_listener.TransferLock)
        {
            _hasLeft = true;
            _transfer?.Leave();
        }
    }

    /// <summary>Closes a connection whose handler has followed a stop, and records whether data was left unread.</summary>
    private async Task CloseStoppedAsync(CloseReason? broken)
    {
        var received = BytesReceived;
        var unread = broken is null ? CountUnread() : 0;
        // With a layer on top, the bytes are not only the peer's: TLS answers the end of TLS.
        var seesPeer = _connection.Outermost == _connection;
        // A handler that never reads does not leave anything unread that it should have read.
        var reads = _stop.ReadsMessages || (seesPeer && received > unread);
        await CloseAsync(broken);
        _leftUnread = reads && (unread > 0 || (seesPeer && BytesReceived > received));
    }

    /// <summary>Returns the number of received bytes that the handler has not read.</summary>
    private long CountUnread()
    {
        var input = _connection.Transport.Input;
        try
        {
            input.CancelPendingRead(); // A plain read does not return examined bytes, but a cancelled read does.
            if (!input.TryRead(out var read))
                return 0;
            var unread = read.Buffer.Length;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return unread;
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ConnectionAbortedException)
        {
            return 0; // The handler has completed its input, or left a read pending.
        }
    }

    private void CountEnd(CloseReason reason)
    {
        _isWhole = !_leftUnread && (reason.IsOrderly || reason == _stop.RequestedReason);
        Interlocked.Exchange(ref _counts, Ended)?.Add(_wasAborted, _isWhole);
    }
}
