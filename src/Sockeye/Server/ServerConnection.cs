using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>One accepted connection, from its handler's start to the line in the log that tells how it ended.</summary>
internal sealed partial class ServerConnection : IMonitoredConnection
{
    /// <summary>In place of counts: the connection has ended, and what it counts as is known.</summary>
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

    public ServerConnection(ConnectionContext connection, ActiveListener listener, ServerContext server)
    {
        (_connection, _listener, _server, _logger) = (connection, listener, server, server.Logger);
        Sequence = server.NextSequence();
        _opened = server.Time.GetTimestamp();
        _stop = new(connection, server.Scheduler, _logger) { IsForHandler = true };
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(_stop);
        _configuration = listener.Configuration;
        _watch = _configuration.Timeouts is { } timeouts ? new(connection, timeouts, _stop) : null;
    }

    /// <summary>The server has a place for it: its time runs.</summary>
    public void StartWatch() => _watch?.Start();

    public string Id => _connection.ConnectionId;

    /// <summary>Its place in the order in which the server's connections were accepted.</summary>
    public long Sequence { get; }

    public long BytesReceived => _connection.BytesReceived ?? 0;

    public long BytesSent => _connection.BytesSent ?? 0;

    public TimeSpan Age => _server.Time.GetElapsedTime(_opened);

    public HandlerPhase Phase => _phase;

    /// <summary>Null if the transport does not report progress. Layers on top of the connection do not have their own.</summary>
    public IConnectionProgressFeature? Progress => _connection as IConnectionProgressFeature;

    public ServerConnectionInfo GetInfo() => new(_connection, _listener.EndPoint, Age, _phase);

    public void Abort(CloseReason reason) => _connection.Abort(reason);

    /// <summary>Tells the handler. How the connection ends counts in these counts.</summary>
    public void RequestStop(CloseReason reason, StopCounts counts)
    {
        // The connection may end at this moment: of the two, the second one counts it.
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

    /// <summary>Its handler did not finish in time.</summary>
    public void AbortUnfinished(CloseReason reason)
    {
        _wasAborted = true;
        Abort(reason);
    }

    /// <summary>Counts it in the limits of this plan, if it came by another and has not ended. Safe more than once.</summary>
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

    /// <summary>Counts it at the gates, before the next client is accepted. What it waits for there, it waits for when it
    /// runs.</summary>
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

    /// <summary>Removes a connection that will not run from all counts.</summary>
    public void Abandon()
    {
        _listener.OnHandlerStarted();
        Leave();
        _watch?.End();
        _listener.Remove(this);
    }

    /// <summary>For the scheduler: a handler that computes before its first await must not hold up accepting.</summary>
    public void Run() => _ = RunAsync();

    private async Task RunAsync()
    {
        CloseReason? broken = null;
        // In this method, so that it is the current activity for the handler only.
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
            ServerMetrics.OnClosed(_listener.Tags, reason, Age);
            trace?.End(_connection, reason);
        }
        catch (Exception error)
        {
            _logger.LogOutsideException(error, "telling of the end of", Id);
        }
        finally
        {
            // Whatever those who listen to traces throw: a connection that stayed would hold up every stop.
            _listener.Remove(this);
        }
    }

    /// <summary>A listener of traces that throws costs its trace, and not the connection.</summary>
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
            _logger.LogOutsideException(error, "beginning the trace of", Id);
            return null;
        }
    }

    /// <summary>For those who ask for connections that have ended.</summary>
    public void AddToHistory(CloseReason reason) => _server.History?.Add(
        new(_connection, _listener.EndPoint, _server.Time.GetUtcNow(), Age, reason));

    private void SetPhase(HandlerPhase next)
    {
        Debug.Assert(next > _phase, "A handler's phases only advance.");
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
            LogHandlerThrewLate(broken.Exception!, _connection.ConnectionId, _connection.RemoteEndPoint, reason.Explanation);
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

    /// <summary>Closes a connection whose handler has followed a stop, and sees whether anything was left unread.</summary>
    private async Task CloseStoppedAsync(CloseReason? broken)
    {
        var received = BytesReceived;
        var unread = broken is null ? CountUnread() : 0;
        // With a layer upon it the bytes are not the peer's alone: TLS answers the end of TLS.
        var seesPeer = _connection.Outermost == _connection;
        // A handler that takes nothing from its peer leaves nothing unread that it should have read.
        var reads = _stop.ReadsMessages || (seesPeer && received > unread);
        await CloseAsync(broken);
        _leftUnread = reads && (unread > 0 || (seesPeer && BytesReceived > received));
    }

    /// <summary>How much has come that the handler has not taken.</summary>
    private long CountUnread()
    {
        var input = _connection.Transport.Input;
        try
        {
            input.CancelPendingRead(); // Bytes that were looked at are hidden from a plain read; a cancelled one shows them.
            if (!input.TryRead(out var read))
                return 0;
            var unread = read.Buffer.Length;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return unread;
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ConnectionAbortedException)
        {
            return 0; // The handler has ended its reading itself, or left a read behind.
        }
    }

    private void CountEnd(CloseReason reason)
    {
        _isWhole = !_leftUnread && (reason.IsOrderly || reason == _stop.RequestedReason);
        Interlocked.Exchange(ref _counts, Ended)?.Add(_wasAborted, _isWhole);
    }
}
