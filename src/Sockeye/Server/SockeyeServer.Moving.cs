using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

public sealed partial class SockeyeServer
{
    /// <summary>The time after which a handler that has not answered counts no more in
    /// <see cref="DetachOptions.MaxConcurrency"/>.</summary>
    private static readonly TimeSpan LateDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Stops open connections one after another, each at a point at which its handler agrees, so that another server can continue
    /// them (<see cref="AttachAsync"/>). Only endpoints with <c>UseMoving</c> take part.
    /// </summary>
    /// <remarks>
    /// A connection that does not move is served as before; <see cref="DetachOptions.OnRefused"/> and the log (event 1360) have
    /// the reason. Connections that the server accepts meanwhile are not among them. If the enumeration ends early, the
    /// connections that it has not returned are returned to their handlers.
    /// </remarks>
    /// <param name="options">The bounds. Default: the default of each option.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The connections. The caller completes, returns or disposes each.</returns>
    public async IAsyncEnumerable<DetachedConnection> DetachConnectionsAsync(
        DetachOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new();
        // The next connection is detached when the caller has taken one, so that the rest pause only briefly.
        var detached = Channel.CreateBounded<DetachedConnection>(1);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var detaching = DetachAllAsync(options, detached.Writer, ending.Token);
        try
        {
            await foreach (var connection in detached.Reader.ReadAllAsync(cancellationToken))
                yield return connection;
        }
        finally
        {
            ending.Cancel();
            await detaching;
            while (detached.Reader.TryRead(out var left))
                await left.DisposeAsync();
        }
    }

    /// <summary>Continues a connection of another server, from its state and its socket.</summary>
    /// <remarks>
    /// It counts in all limits, which do not refuse it, and the clocks of its timeouts continue; it is not a new accept.
    /// Middleware of the endpoint runs again, and <c>connection.IsContinued</c> is true.
    /// </remarks>
    /// <param name="snapshot">The state of the connection.</param>
    /// <param name="socket">The socket, which belongs to the connection if the result is null, and stays the caller's
    /// otherwise.</param>
    /// <param name="endpoint">The endpoint that continues the connection, one of <see cref="EndPoints"/>. Default: the one whose
    /// address is <see cref="ConnectionSnapshot.ListenerName"/>.</param>
    /// <param name="cancellationToken">Cancels the wait for the handler; the connection continues.</param>
    /// <returns>Null if the connection continues here and its handler has started; otherwise the reason why it does
    /// not.</returns>
    public async Task<MoveRefusal?> AttachAsync(
        ConnectionSnapshot snapshot, SafeHandle socket, EndPoint? endpoint = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(socket);
        cancellationToken.ThrowIfCancellationRequested();
        var (attached, refusal) = Attach(snapshot, socket, endpoint);
        if (attached is null)
            return refusal;
        LogAttached(attached.Id, snapshot.RemoteEndPoint);
        await attached.Started.WaitAsync(cancellationToken);
        return null;
    }

    /// <summary>Returns the reason why <see cref="AttachAsync"/> would refuse a connection at this moment, whatever its
    /// socket.</summary>
    internal MoveRefusal? FindRefusal(ConnectionSnapshot snapshot) => FindEndPoint(snapshot, null).Refusal;

    private (ServerConnection? Attached, MoveRefusal? Refusal) Attach(
        ConnectionSnapshot snapshot, SafeHandle socket, EndPoint? endpoint)
    {
        var (listener, transport, refusal) = FindEndPoint(snapshot, endpoint);
        if (refusal is not null)
            return (null, refusal);
        // Under the lock of the stop: it either finds the connection, or prevents it.
        lock (_stopLock)
        {
            if (_stop is not null)
                return Refuse("the server stops");
            try
            {
                var connection = transport!.Attach(socket, ToStream(snapshot));
                TakeId(connection, snapshot.ConnectionId);
                return (listener!.Attach(connection, snapshot), null);
            }
            catch (Exception error) when (error is ArgumentException or SocketException or NotSupportedException
                or ObjectDisposedException)
            {
                return Refuse(error.Message.TrimEnd('.'));
            }
        }
    }

    private (ActiveListener? Listener, IConnectionAttacher? Transport, MoveRefusal? Refusal) FindEndPoint(
        ConnectionSnapshot snapshot, EndPoint? endpoint)
    {
        var name = endpoint is null ? snapshot.ListenerName : $"{endpoint}";
        if (_listeners.Active.FirstOrDefault(listener => $"{listener.EndPoint}" == name) is not { } listener)
            return RefuseEndPoint($"no endpoint listens on {name}: {string.Join(", ", EndPoints)}");
        if (listener.Configuration.Options.MaxMovedState is not { } maxState)
            return RefuseEndPoint($"the endpoint {name} does not move connections: add UseMoving to it");
        if (snapshot.HandlerState.Length > maxState)
        {
            return RefuseEndPoint(
                $"its handler's state has {snapshot.HandlerState.Length} bytes, and UseMoving of {name} allows {maxState}");
        }

        return _configuration.Transport is IConnectionAttacher transport
            ? (listener, transport, null)
            : RefuseEndPoint($"the transport {_configuration.Transport.GetType().Name} does not continue connections");
    }

    private static (ActiveListener?, IConnectionAttacher?, MoveRefusal?) RefuseEndPoint(string description) =>
        (null, null, new(MoveRefusalKind.NotAccepted, description));

    private static MovedBytes ToStream(ConnectionSnapshot snapshot) => new()
    {
        BytesReceived = snapshot.BytesReceived,
        Unread = snapshot.Unread,
        BytesSent = snapshot.BytesSent,
        Unsent = snapshot.Unsent,
        IdleTime = snapshot.IdleTime,
        LocalEndPoint = snapshot.LocalEndPoint,
        RemoteEndPoint = snapshot.RemoteEndPoint,
    };

    /// <summary>Gives the connection its id of before, unless another connection of this server has it.</summary>
    private void TakeId(ConnectionContext connection, string id)
    {
        TransportConnection.ReserveId(id);
        if (!_listeners.All.SelectMany(listener => listener.Connections).Any(other => other.Id == id && !other.HasMoved))
            connection.ConnectionId = id;
    }

    private async Task DetachAllAsync(
        DetachOptions options, ChannelWriter<DetachedConnection> detached, CancellationToken cancellationToken)
    {
        ServerConnection[] connections = [.. ListenerSet.InOrder(_listeners.All)];
        var (last, workers) = (-1, 1);
        try
        {
            // Each connection that is done starts one more worker: the first ones of a process take longer, and the rest
            // do not pause meanwhile.
            await DetachOneByOneAsync();
        }
        finally
        {
            detached.Complete();
        }

        async Task DetachOneByOneAsync()
        {
            List<Task> others = [];
            while (!cancellationToken.IsCancellationRequested
                && Interlocked.Increment(ref last) is var next && next < connections.Length)
            {
                var detaching = connections[next].DetachAsync(options);
                // A handler that takes its time serves its connection meanwhile, and must not delay those that pause.
                await detaching.WaitAsync(LateDelay, _context.Time, CancellationToken.None).WithoutThrowing();
                var finishing = FinishAsync(connections[next], detaching);
                if (detaching.IsCompleted)
                    await finishing;
                else
                    others.Add(finishing);
                if (Interlocked.Increment(ref workers) <= options.MaxConcurrency)
                    others.Add(DetachOneByOneAsync());
            }

            await Task.WhenAll(others);
        }

        async Task FinishAsync(
            ServerConnection connection, Task<(DetachedConnection? Detached, MoveRefusal? Refusal)> detaching)
        {
            var (moving, refusal) = await detaching;
            if (moving is not null)
                await WriteOrReturnAsync(moving);
            else if (refusal is not null)
                OnNotMoved(connection, refusal, options);
        }

        async Task WriteOrReturnAsync(DetachedConnection moving)
        {
            try
            {
                await detached.WriteAsync(moving, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                await moving.DisposeAsync(); // The caller has left.
            }
        }
    }

    private void OnNotMoved(ServerConnection connection, MoveRefusal refusal, DetachOptions options)
    {
        LogNotMoved(connection.Id, refusal.Kind, refusal.Description);
        if (options.OnRefused is { } observer)
            _logger.Guard("reporting a refused move of", connection.Id, () => observer(connection.Id, refusal));
    }

    private static (ServerConnection?, MoveRefusal?) Refuse(string description) =>
        (null, new(MoveRefusalKind.NotAccepted, description));

    [LoggerMessage(1360, LogLevel.Information, "{ConnectionId} does not move ({Kind}): {Reason}.")]
    private partial void LogNotMoved(string connectionId, MoveRefusalKind kind, string reason);

    [LoggerMessage(1361, LogLevel.Information, "{ConnectionId} of {RemoteEndPoint} continues here.")]
    private partial void LogAttached(string connectionId, EndPoint? remoteEndPoint);
}
