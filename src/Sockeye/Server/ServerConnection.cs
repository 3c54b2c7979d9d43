using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>One accepted connection, from its handler's start to the line in the log that tells how it ended.</summary>
internal sealed partial class ServerConnection
{
    private readonly ConnectionContext _connection;
    private readonly ActiveListener _listener;
    private readonly ConnectionTable _table;
    private readonly TimeProvider _time;
    private readonly long _opened;
    private readonly StopNotification _stop;
    private readonly TimeoutMonitor? _watch;
    private readonly ClosedHistory? _history;
    private List<Task>? _gateWaits;
    private int _entered;
    private volatile HandlerPhase _phase;

    public ServerConnection(
        ConnectionContext connection, ActiveListener listener, ConnectionTable table, ClosedHistory? history,
        PipeScheduler scheduler, TimeProvider time, ILogger logger)
    {
        (_connection, _listener, _table, _history) = (connection, listener, table, history);
        (_time, _logger) = (time, logger);
        _opened = time.GetTimestamp();
        _stop = new(connection, scheduler, logger) { IsForHandler = true };
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(_stop);
        _configuration = listener.Configuration;
        _watch = _configuration.Timeouts is { } timeouts ? new(connection, timeouts, _stop) : null;
    }

    /// <summary>The server has a place for it: its time runs.</summary>
    public void StartWatch() => _watch?.Start();

    public string Id => _connection.ConnectionId;

    public ActiveListener Listener => _listener;

    public long BytesReceived => _connection.BytesReceived ?? 0;

    public long BytesSent => _connection.BytesSent ?? 0;

    public TimeSpan Age => _time.GetElapsedTime(_opened);

    public HandlerPhase Phase => _phase;

    /// <summary>Null where the transport does not tell. What is put upon the connection has none of its own.</summary>
    public IConnectionProgressFeature? Progress => _connection as IConnectionProgressFeature;

    public ServerConnectionInfo GetInfo() => new(_connection, _listener.Listener.EndPoint, Age, _phase);

    public void Abort(CloseReason reason) => _connection.Abort(reason);

    /// <summary>Counts it at the gates, before the next client is accepted. What it waits for there, it waits for when it
    /// runs.</summary>
    public void Enter()
    {
        _listener.OnHandlerWaiting();
        foreach (var gate in _configuration.Gates)
        {
            var turn = gate.EnterAsync(_connection, _stop.ConnectionClosedRequested);
            _entered++;
            if (!turn.IsCompletedSuccessfully)
                (_gateWaits ??= []).Add(turn.AsTask());
        }
    }

    /// <summary>It will not be run: nothing counts it any more.</summary>
    public void Abandon()
    {
        _listener.OnHandlerStarted();
        Leave();
        _watch?.End();
        _table.Remove(this);
        _listener.OnClosed(_connection);
    }

    /// <summary>For the scheduler: a handler that computes before its first await must not hold up accepting.</summary>
    public void Run() => _ = RunAsync();

    private async Task RunAsync()
    {
        CloseReason? broken = null;
        // In this method, so that it is the current one for the handler, and for nobody else.
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
            await _configuration.Pipeline(_connection);
            if (_stop.IsRequested && _connection.EndReason is null)
                _connection.SetCloseReason(_stop.Reason);
        }
        catch (Exception error)
        {
            broken = GetCloseReason(error);
        }

        SetPhase(HandlerPhase.Returned);
        await (_stop.IsRequested ? CloseStoppedAsync(broken) : CloseAsync(broken));
        Leave();
        _watch?.End(); // Only now: a peer that takes nothing of what is left is still watched.
        try
        {
            // Told before it is gone from the table: when a stop has ended, every connection has its line.
            var reason = _connection.EndReason ?? broken ?? CloseReason.LocalFin;
            CountEnd(reason);
            AddToHistory(reason);
            LogEnd(reason);
            ServerMetrics.OnClosed(_listener, reason, Age);
            trace?.End(_connection, reason);
        }
        catch (Exception error)
        {
            _logger.LogOutsideException(error, "telling of the end of", Id);
        }
        finally
        {
            // Whatever those who listen to traces throw: a connection that stayed would hold up every stop.
            _table.Remove(this);
            _listener.OnClosed(_connection);
        }
    }

    /// <summary>A listener of traces that throws costs its trace, and not the connection.</summary>
    private ConnectionTrace? StartTrace()
    {
        try
        {
            var trace = ConnectionTrace.Start(ActivityKind.Server, _time);
            trace?.Attach(_connection);
            return trace;
        }
        catch (Exception error)
        {
            Activity.Current = null;
            _logger.LogOutsideException(error, "beginning the trace of", Id);
            return null;
        }
    }

    /// <summary>For those who ask for connections that have ended.</summary>
    public void AddToHistory(CloseReason reason) => _history?.Add(
        new(_connection, _listener.Listener.EndPoint, _time.GetUtcNow(), Age, reason));

    private void SetPhase(HandlerPhase next)
    {
        if (_phase <= HandlerPhase.Held && next > HandlerPhase.Held)
            _listener.OnHandlerStarted();
        _phase = next;
    }

    /// <summary>Null where the handler's exception only says that it followed a stop.</summary>
    private CloseReason? GetCloseReason(Exception error)
    {
        if (_connection.EndReason is { IsOrderly: false } known)
        {
            // The connection broke first; the handler's exception is how it noticed.
            LogHandlerSawBreak(error, _connection.ConnectionId);
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

    /// <summary>What the handler disposes, it gives up; how the connection ends is decided when the handler has.</summary>
    private void TakeOwnership()
    {
        if (_connection.Features.Get<IConnectionOwnerFeature>() is IOwnableConnection kept)
            kept.TakeOwnership(_configuration.Options.Server.Timer);
        else
            _connection.Features.Set<IConnectionOwnerFeature>(AlwaysOwned.Instance); // Not a transport of Sockeye's.
    }

    /// <summary>Logs the handler's exception, by what it did to the connection.</summary>
    private void LogHandlerError(CloseReason broken)
    {
        if (_connection.EndReason is { } reason && reason != broken)
            LogHandlerThrewLate(broken.Exception!, _connection.ConnectionId, _connection.RemoteEndPoint, reason.Description);
        else
            LogHandlerThrew(broken.Exception!, _connection.ConnectionId, _connection.RemoteEndPoint);
    }

    private async Task CloseAsync(CloseReason? broken)
    {
        try
        {
            // A reset, not FIN: the peer must not take what it has for the whole answer. FIN that is withheld goes with it.
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
                reason.Description);
            return;
        }

        if (!_logger.IsEnabled(LogLevel.Information))
            return;
        var via = _connection.Features.Get<IProxiedConnectionFeature>()?.ProxyEndPoint is { } proxy ? $" via {proxy}" : "";
        LogConnectionEnded(
            _connection.ConnectionId, _connection.RemoteEndPoint, _connection.LocalEndPoint, via, Age, BytesReceived, BytesSent,
            reason.By, reason.Cause, reason.Direction, reason.Description);
    }
}
