using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connection on loan from a <see cref="ConnectionPool"/>. Disposing gives it back.</summary>
/// <remarks>
/// Only a connection between two exchanges may go back. Where an exception can leave an answer on its way, call
/// <see cref="Discard"/> first: the pool sees bytes that have arrived, not those that will.
/// </remarks>
public sealed class PooledConnection : IAsyncDisposable
{
    private readonly ConnectionPool _pool;
    private int _isReturned;
    private bool _isDiscarded;

    internal PooledConnection(ConnectionPool pool, ConnectionContext connection) => (_pool, Connection) = (pool, connection);

    /// <summary>
    /// The connection. Do not dispose it, and do not touch it after the loan has ended. <c>Connection.AsMessages(codec)</c>
    /// speaks messages on it: disposing those leaves it open for the next caller.
    /// </summary>
    public ConnectionContext Connection { get; }

    /// <summary>Has the connection closed, not reused, when the loan is disposed.</summary>
    public void Discard() => _isDiscarded = true;

    /// <summary>
    /// Ends the loan. A connection that is open both ways, with nothing unread or unflushed, is kept for the next caller;
    /// any other is closed. Disposing again does nothing.
    /// </summary>
    public ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _isReturned, 1) == 0 ? _pool.ReturnAsync(Connection, _isDiscarded) : default;
}
