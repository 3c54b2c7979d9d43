using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connection that was rented from a <see cref="ConnectionPool"/>. Disposing returns it.</summary>
/// <remarks>
/// Return a connection only between two exchanges. If an exception may leave a response in transit, call <see cref="Discard"/>
/// first: the pool detects only bytes that have arrived.
/// </remarks>
public sealed class PooledConnection : IAsyncDisposable
{
    private readonly ConnectionPool _pool;
    private int _isReturned;
    private bool _isDiscarded;

    internal PooledConnection(ConnectionPool pool, ConnectionContext connection) => (_pool, Connection) = (pool, connection);

    /// <summary>
    /// Gets the connection. Do not dispose it, and do not use it after it is returned. Disposing the result of
    /// <c>Connection.AsMessages(codec)</c> leaves it open for the next caller.
    /// </summary>
    public ConnectionContext Connection { get; }

    /// <summary>Marks the connection, so that the pool closes it when it is returned.</summary>
    public void Discard() => _isDiscarded = true;

    /// <summary>
    /// Returns the connection. The pool keeps it for the next caller if it is open in both directions, with nothing unread or
    /// unflushed, and closes it otherwise. Disposing again does nothing.
    /// </summary>
    public ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _isReturned, 1) == 0 ? _pool.ReturnAsync(Connection, _isDiscarded) : default;
}
