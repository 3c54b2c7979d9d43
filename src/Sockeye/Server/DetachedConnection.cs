using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>A connection that is paused in its server, until another server has it or it is returned.</summary>
/// <remarks>
/// Its handler waits, and nothing is received or sent. Give <see cref="Snapshot"/> and a handle of
/// <see cref="DuplicateHandle"/> to the other server, then call <see cref="CompleteAsync"/> if that one has accepted it, and
/// <see cref="ReturnAsync"/> otherwise. Disposing returns a connection for which neither was called, so that none is lost. An
/// abort or a timeout that comes in between takes effect when the connection is returned. Safe for use from any thread.
/// </remarks>
public sealed class DetachedConnection : IAsyncDisposable
{
    private readonly DuplexConnection _connection;
    private readonly MoveOffer _offer;
    private readonly ServerContext _server;
    private readonly long _frozenAt;
    private int _isEnded;

    internal DetachedConnection(DuplexConnection connection, MoveOffer offer, ConnectionSnapshot snapshot, ServerContext server)
    {
        (_connection, _offer, Snapshot) = (connection, offer, snapshot);
        (_server, _frozenAt) = (server, server.Time.GetTimestamp());
    }

    /// <summary>Gets the state of the connection, without its socket.</summary>
    public ConnectionSnapshot Snapshot { get; }

    /// <summary>Gets the time for which the connection has stood still.</summary>
    public TimeSpan FrozenFor => _server.Time.GetElapsedTime(_frozenAt);

    /// <summary>Returns a new handle of the socket: on Linux, a duplicate of the descriptor, closed on exec. The caller owns
    /// it.</summary>
    /// <exception cref="InvalidOperationException">The connection was completed or returned.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The process has no descriptor left.</exception>
    public SafeHandle DuplicateHandle()
    {
        if (Volatile.Read(ref _isEnded) != 0)
            throw new InvalidOperationException($"Connection {Snapshot.ConnectionId} was completed or returned already.");
        return _connection.DuplicateHandle();
    }

    /// <summary>Ends the connection here, because another server has it. The socket stays open for that one, and the
    /// handler learns that it has to return. Completes when this server has released the socket.</summary>
    /// <exception cref="InvalidOperationException">The connection was completed or returned.</exception>
    public async Task CompleteAsync()
    {
        End();
        await _connection.LeaveAsync(CloseReason.Moved);
        _offer.Complete(hasMoved: true);
    }

    /// <summary>Continues the connection here, as if no move had been tried.</summary>
    /// <exception cref="InvalidOperationException">The connection was completed or returned.</exception>
    public Task ReturnAsync()
    {
        End();
        Return();
        return Task.CompletedTask;
    }

    /// <summary>Returns the connection, unless it was completed or returned.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) == 0)
            Return();
        return default;
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
            throw new InvalidOperationException($"Connection {Snapshot.ConnectionId} was completed or returned already.");
    }

    private void Return()
    {
        _connection.Thaw();
        _offer.Complete(hasMoved: false);
    }
}
