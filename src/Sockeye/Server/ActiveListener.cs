using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One listener of a running server, and the owner of the connections that it accepted.</summary>
internal sealed class ActiveListener : IMonitoredListener
{
    private readonly ServerContext _server;
    private readonly CancellationTokenSource _stopping;
    private readonly CancellationToken _stopped; // A copy, because a disposed source does not return its token.
    private readonly AcceptGates _gates;
    private readonly AcceptLoop _loop;
    private readonly Lock _stopLock = new();
    private readonly Lock _trafficLock = new();

    /// <summary>The served connections by sequence, without those that the server's own limit refuses.</summary>
    private readonly ConcurrentDictionary<long, ServerConnection> _connections = [];

    private ListenerConfiguration _configuration;
    private Task _accepting = Task.CompletedTask;
    private Task? _stoppingAccepts;
    private bool _isDisposed;
    private TaskCompletionSource? _emptied;
    private long _accepted;
    private long _open;
    private int _served;
    private int _waitingHandlers;
    private long _closedReceived;
    private long _closedSent;
    private long _reportedReceived;
    private long _reportedSent;

    /// <param name="listener">The bound listener. Localhost has two with the same configuration.</param>
    /// <param name="configuration">Applies to the next clients, until a reload.</param>
    /// <param name="server">The objects that the listeners of the server share.</param>
    /// <param name="random">Spreads the delays after failed accepts.</param>
    /// <param name="stopping">Ends the accept loop, as <see cref="StopAcceptingAsync"/> does.</param>
    public ActiveListener(
        IConnectionListener listener,
        ListenerConfiguration configuration,
        ServerContext server,
        Random random,
        CancellationToken stopping)
    {
        (Listener, EndPoint, Tags) = (listener, listener.EndPoint, MetricTags.CreateAddressTags(listener.EndPoint));
        (_configuration, _server) = (configuration, server);
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _stopped = _stopping.Token;
        _gates = new(configuration.Gates, _stopped);
        Status = new(server.Time);
        var acceptor = new Acceptor(listener, Status, server.AcceptFailures, server.Time, random, server.Logger)
        {
            Gates = _gates,
            Released = server.Limit.Released,
        };
        _loop = new(acceptor, OnAccepted);
    }

    public IConnectionListener Listener { get; }

    /// <summary>The bound address.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>The address, as tags of metrics.</summary>
    public KeyValuePair<string, object?>[] Tags { get; }

    /// <summary>Whether it accepts clients, and if not, why.</summary>
    public AcceptStatus Status { get; }

    /// <summary>The configuration for the next client.</summary>
    public ListenerConfiguration Configuration => Volatile.Read(ref _configuration);

    /// <summary>Whether the accept loop has ended, by itself or by <see cref="StopAcceptingAsync"/>.</summary>
    public bool HasEnded => _accepting.IsCompleted;

    /// <summary>Whether it accepts no more clients. If its transport has ended it, the accept loop may still be on its way to its
    /// end.</summary>
    public bool AcceptsNoMore => HasEnded || Status.HasEnded;

    /// <summary>Whether another process has descriptors of the sockets, which stay as they are when the listener ends.</summary>
    public bool IsShared { get; set; }

    /// <summary>Completes when the connections have ended after a reload removed the listener.</summary>
    public Task Draining { get; set; } = Task.CompletedTask;

    /// <summary>Held while a connection moves to the limits of another configuration.</summary>
    public Lock TransferLock { get; } = new();

    public long AcceptedCount => Volatile.Read(ref _accepted);

    /// <summary>The number of open connections, including those that are being refused.</summary>
    public long OpenCount => Volatile.Read(ref _open);

    /// <summary>The number of open connections without those that the server's own limit refuses.</summary>
    public int ServedCount => Volatile.Read(ref _served);

    /// <summary>The number of connections whose handler has not started.</summary>
    public int WaitingHandlers => Volatile.Read(ref _waitingHandlers);

    /// <summary>The open connections, unordered. The enumeration copies nothing, and may miss connections that open or close
    /// during it.</summary>
    public IEnumerable<ServerConnection> Connections
    {
        get
        {
            foreach (var (_, connection) in _connections)
                yield return connection;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> MiddlewareNames => Configuration.MiddlewareNames;

    /// <inheritdoc/>
    public AcceptQueueInfo? Queue => (Listener as IAcceptQueueListener)?.GetQueue();

    /// <inheritdoc/>
    public int? MaxConnections => Configuration.Options.MaxConnections;

    /// <inheritdoc/>
    public (long Received, long Sent) Traffic
    {
        get
        {
            // The closed connections first: a connection that closes during the sum is missed, not counted twice.
            var (received, sent) = (Volatile.Read(ref _closedReceived), Volatile.Read(ref _closedSent));
            foreach (var (_, connection) in _connections)
                (received, sent) = (received + connection.BytesReceived, sent + connection.BytesSent);

            lock (_trafficLock)
            {
                // Therefore never less than was reported before: monitoring systems take a falling counter for a restart.
                _reportedReceived = Math.Max(_reportedReceived, received);
                _reportedSent = Math.Max(_reportedSent, sent);
                return (_reportedReceived, _reportedSent);
            }
        }
    }

    IEnumerable<IMonitoredConnection> IMonitoredListener.Connections => Connections;

    /// <summary>Starts the accept loop.</summary>
    public void Start()
    {
        Debug.Assert(HasEnded && _accepted == 0 && _stoppingAccepts is null, "A listener starts once.");
        _accepting = _server.Scheduler.RunAsync(() => _loop.RunAsync(_stopped));
    }

    /// <summary>Applies a configuration to the next clients. Around it, <see cref="TransferConnections"/> moves the open
    /// connections.</summary>
    public void Reconfigure(ListenerConfiguration configuration)
    {
        // A full fence: a later enumeration of connections misses none with the previous configuration.
        Interlocked.Exchange(ref _configuration, configuration);
        _gates.Replace(configuration.Gates);
    }

    /// <summary>Counts the open connections in the limits of this configuration instead of those of the previous one.</summary>
    public void TransferConnections(ListenerConfiguration configuration)
    {
        foreach (var (_, connection) in _connections)
            connection.TransferTo(configuration);
    }

    /// <summary>Unbinds the listener. When the task ends, it accepts no more clients. Throws nothing; safe to call more than
    /// once.</summary>
    public Task StopAcceptingAsync()
    {
        lock (_stopLock)
            return _stoppingAccepts ??= StopAcceptingCoreAsync();
    }

    /// <summary>Completes when no served connection is open. Call it after <see cref="StopAcceptingAsync"/>.</summary>
    public Task WhenEmpty()
    {
        Debug.Assert(HasEnded, "A listener that accepts does not stay empty.");
        var emptied = new TaskCompletionSource();
        Interlocked.Exchange(ref _emptied, emptied);
        if (ServedCount == 0)
            emptied.TrySetResult();
        return emptied.Task;
    }

    /// <summary>Disposes the listener. Call it after <see cref="StopAcceptingAsync"/>, when the connections have ended or are
    /// left behind. Throws nothing.</summary>
    public async Task DisposeAsync()
    {
        Debug.Assert(HasEnded && !_isDisposed, "A listener is disposed once, after it stopped to accept.");
        _isDisposed = true;
        await _server.Logger.GuardAsync("closing the listener of", EndPoint, Listener.DisposeAsync);
        _stopping.Dispose();
    }

    /// <summary>Counts a connection that waits for a thread, and perhaps for a limit.</summary>
    public void OnHandlerWaiting() => Interlocked.Increment(ref _waitingHandlers);

    /// <summary>Ends the count of a connection whose handler starts or will never start.</summary>
    public void OnHandlerStarted()
    {
        var left = Interlocked.Decrement(ref _waitingHandlers);
        Debug.Assert(left >= 0, "A handler starts once.");
    }

    /// <summary>Removes a connection that has ended. Safe to call more than once.</summary>
    public void Remove(ServerConnection connection)
    {
        if (!_connections.TryRemove(connection.Sequence, out _))
            return;
        // First the table, then the sum: in between, a connection is missing from the traffic, and is not counted twice.
        OnClosed(connection);
        _server.Limit.Leave();
        // The decrement is a full fence, as the exchange in WhenEmpty is: this method sees the waiter, or that one the count.
        var left = Interlocked.Decrement(ref _served);
        Debug.Assert(left >= 0, "A connection is removed once.");
        if (left == 0)
            Volatile.Read(ref _emptied)?.TrySetResult();
    }

    /// <summary>Counts a connection as served. Returns false if it exceeds the server's own limit.</summary>
    internal bool TryAdd(ServerConnection connection)
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _open);
        ServerMetrics.OnAccepted(Tags);
        if (!_server.Limit.TryEnter())
            return false;
        AddServed(connection);
        return true;
    }

    private void AddServed(ServerConnection connection)
    {
        Interlocked.Increment(ref _served);
        var isNew = _connections.TryAdd(connection.Sequence, connection);
        Debug.Assert(isNew, "A sequence is given once.");
    }

    private void OnClosed(ServerConnection connection)
    {
        Interlocked.Add(ref _closedReceived, connection.BytesReceived);
        Interlocked.Add(ref _closedSent, connection.BytesSent);
        var left = Interlocked.Decrement(ref _open);
        Debug.Assert(left >= 0, "A connection closes once.");
    }

    private void OnAccepted(ConnectionContext accepted)
    {
        var connection = new ServerConnection(accepted, this, _server);
        if (!TryAdd(connection))
        {
            _ = OnRefusedAsync(connection, _server.Limit.RefuseAsync(accepted));
            return;
        }

        try
        {
            connection.Enter();
            Serve(accepted, connection);
        }
        catch
        {
            connection.Abandon(); // A permit that is not returned would be lost.
            throw;
        }
    }

    /// <summary>Serves a connection that another server has served before. It is not a new accept, and no limit refuses
    /// it.</summary>
    public ServerConnection Attach(ConnectionContext attached, ConnectionSnapshot snapshot)
    {
        var connection = new ServerConnection(attached, this, _server, snapshot);
        // What it has transferred before does not count here. First the sum, then the table, as when a connection closes.
        Interlocked.Add(ref _closedReceived, -snapshot.BytesReceived);
        Interlocked.Add(ref _closedSent, -snapshot.BytesSent);
        Interlocked.Increment(ref _open);
        _server.Limit.EnterExisting();
        AddServed(connection);
        connection.EnterExisting();
        Serve(attached, connection);
        return connection;
    }

    private void Serve(ConnectionContext accepted, ServerConnection connection)
    {
        var configuration = Configuration;
        connection.TransferTo(configuration); // A reload in between may have missed it.
        connection.StartWatch();
        _server.Monitor?.Start();
        if (configuration.Timeouts is { Timeouts.NeedsByteCounts: true } && !TimeoutMonitor.CountsBytes(accepted))
            _server.OnUncounted();
        connection.Start();
    }

    private async Task OnRefusedAsync(ServerConnection connection, Task<CloseReason> refusing)
    {
        var reason = await refusing;
        connection.AddToHistory(reason);
        ServerMetrics.OnClosed(Tags, reason, duration: null);
        OnClosed(connection);
    }

    private async Task StopAcceptingCoreAsync()
    {
        _server.Logger.Guard("ending the accepts of", EndPoint, _stopping.Cancel);
        await _server.Logger.GuardAsync("unbinding", EndPoint, () => IsShared && Listener is ISharedListener shared
            ? shared.ReleaseAsync(CancellationToken.None)
            : Listener.UnbindAsync(CancellationToken.None));
        await _server.Logger.GuardAsync("accepting on", EndPoint, () => new(_accepting));
        Debug.Assert(HasEnded, "The accept loop ends when its listener does.");
    }
}
