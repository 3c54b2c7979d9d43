using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A bounded pool of connections to one endpoint, or to the first of several that accepts, which callers rent and
/// return. Safe to call concurrently.</summary>
/// <remarks>
/// Callers are served in order. The connection that was used last is reused first, so that surplus connections become idle and
/// are closed. When a connection is rented, and when it is returned, it must be open in both directions with nothing to read.
/// </remarks>
public sealed class ConnectionPool : IAsyncDisposable
{
    private readonly EndPoint[] _targets;
    private readonly string _name;
    private readonly ConnectionPoolOptions _options;
    private readonly PoolSlots _slots;
    private readonly PoolGauge _gauge;
    private readonly CancellationTokenSource _disposing = new();

    // The error of the last connect, for the exceptions of waiting callers; null if it succeeded.
    private volatile Exception? _lastError;

    /// <summary>Creates a pool. It opens its first connection when one is rented.</summary>
    /// <param name="client">Connects; the pool uses its <see cref="SockeyeClientOptions.TimeProvider"/>.</param>
    /// <param name="endpoint">The endpoint to connect to.</param>
    /// <param name="options">The limits, which are copied. Null: the defaults.</param>
    /// <exception cref="ArgumentException">A client cannot connect to the endpoint.</exception>
    public ConnectionPool(SockeyeClient client, EndPoint endpoint, ConnectionPoolOptions? options = null)
        : this(client, [endpoint ?? throw new ArgumentNullException(nameof(endpoint))], options)
    {
    }

    /// <summary>Creates a pool over several endpoints. It opens its first connection when one is rented.</summary>
    /// <remarks>
    /// Each new connection is to the first endpoint that accepts. A connection to a later endpoint stays in use until it ends,
    /// also when an earlier one is back.
    /// </remarks>
    /// <param name="client">Connects; the pool uses its <see cref="SockeyeClientOptions.TimeProvider"/>.</param>
    /// <param name="endpoints">The endpoints, in the order of preference.</param>
    /// <param name="options">The limits, which are copied. Null: the defaults.</param>
    /// <exception cref="ArgumentException">There is no endpoint, or a client cannot connect to one.</exception>
    public ConnectionPool(SockeyeClient client, IEnumerable<EndPoint> endpoints, ConnectionPoolOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        (Client, _targets, _options) = (client, FirstEndPoint.Normalize(endpoints), OptionCopier.ShallowCopy(options ?? new()));
        _name = FirstEndPoint.Describe(_targets);
        _slots = new(_options, client.TimeProvider, CloseExpired);
        _gauge = ClientMetrics.Add(this, _targets[0]);
    }

    /// <inheritdoc cref="ConnectionPool(SockeyeClient, EndPoint, ConnectionPoolOptions)"/>
    /// <param name="client">Connects; the pool uses its <see cref="SockeyeClientOptions.TimeProvider"/>.</param>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0").</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="options">The limits, which are copied. Null: the defaults.</param>
    public ConnectionPool(SockeyeClient client, string host, int port, ConnectionPoolOptions? options = null)
        : this(client, HostNames.ToEndPoint(host, port), options)
    {
    }

    internal SockeyeClient Client { get; }

    /// <summary>Gets the number of connections: being opened, rented, idle or being closed.</summary>
    public int Count => _slots.UsedCount;

    /// <summary>Gets the number of idle connections.</summary>
    public int IdleCount => _slots.IdleCount;

    /// <summary>Gets the number of callers that wait for a connection.</summary>
    public int WaiterCount => _slots.WaiterCount;

    /// <summary>
    /// Rents a connection: an idle one, a new one, or, if <see cref="ConnectionPoolOptions.MaxConnections"/> are in use, the
    /// first that is returned, in the order of the calls. Dispose the result to return the connection.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait or the connect.</param>
    /// <exception cref="ConnectionPoolFullException">Too many callers wait, or no connection was returned in time.</exception>
    /// <exception cref="ConnectException">A new connection could not be opened. The next waiting caller tries again.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<PooledConnection> RentAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_slots.TryTake(out var idle, out var waiter))
            idle = await WaitAsync(waiter ?? throw TooManyWaitersError(), cancellationToken);
        try
        {
            if (idle is not null)
            {
                if (PoolHealth.IsReusable(idle))
                    return new(this, idle);
                await CloseAsync(idle, PoolHealth.NotReusable);
            }

            return new(this, await ConnectAsync(cancellationToken));
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    /// <summary>
    /// Fails the waiting callers, cancels connects, and closes idle connections. Rented connections are closed when they are
    /// returned.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        ClientMetrics.Remove(_gauge);
        var idle = _slots.Close();
        _disposing.Cancel();
        await Task.WhenAll(idle.Select(connection => CloseAndReleaseAsync(connection, PoolHealth.PoolDisposed)));
    }

    internal async ValueTask ReturnAsync(ConnectionContext connection, bool discarded)
    {
        if (discarded)
            await CloseAndReleaseAsync(connection, reason: null);
        else if (!PoolHealth.IsReusable(connection))
            await CloseAndReleaseAsync(connection, PoolHealth.NotReusable);
        else if (!_slots.TryReturn(connection))
            await CloseAndReleaseAsync(connection, PoolHealth.PoolDisposed);
    }

    /// <param name="connection">The connection.</param>
    /// <param name="reason">If not null, closes the connection with this reason, without waiting for the peer. If null, disposes
    /// the connection.</param>
    private static ValueTask CloseAsync(ConnectionContext connection, CloseReason? reason)
    {
        // A connection that has ended keeps its own reason.
        if (reason is not null && connection.EndReason is null)
            connection.Close(reason);
        return connection.DisposeAsync();
    }

    private async Task CloseAndReleaseAsync(ConnectionContext connection, CloseReason? reason)
    {
        try
        {
            await CloseAsync(connection, reason);
        }
        finally
        {
            // The slot is released last, so that the connection counts until it is closed.
            _slots.Release();
        }
    }

    private async Task<ConnectionContext?> WaitAsync(PoolSlots.Waiter waiter, CancellationToken cancellationToken)
    {
        using var timer = Client.TimeProvider.CreateTimer(
            _ => Leave(waiter, WaitTimedOutError), null, _options.WaitTimeout, Timeout.InfiniteTimeSpan);
        using var cancelled = cancellationToken.UnsafeRegister(
            (_, token) => Leave(waiter, () => WaitCancelledError(token)), null);
        return await waiter.Task;
    }

    private void Leave(PoolSlots.Waiter waiter, Func<Exception> reason)
    {
        if (_slots.TryLeave(waiter))
            waiter.SetException(reason());
    }

    private async ValueTask<ConnectionContext> ConnectAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        try
        {
            var connection = await FirstEndPoint.ConnectAsync(Client, _targets, stop.Token);
            _lastError = null;
            // Disposing a message connection leaves it open: the pool decides when it is returned.
            connection.Features.Set<IConnectionOwnerFeature>(AlwaysOwned.Instance);
            return connection;
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            if (cancellationToken.IsCancellationRequested)
                throw new OperationCanceledException(e.Message, e.InnerException ?? _lastError, cancellationToken);
            throw new ObjectDisposedException(nameof(ConnectionPool));
        }
        catch (Exception e)
        {
            _lastError = e;
            throw;
        }
    }

    private void CloseExpired()
    {
        foreach (var connection in _slots.TakeExpired())
            _ = CloseAndReleaseAsync(connection, PoolHealth.IdleTooLong(_options.IdleTimeout));
    }

    private ConnectionPoolFullException TooManyWaitersError() => new(
        $"No connection to {_name} is free: all {_options.MaxConnections} (MaxConnections) are in use, and "
            + $"{_options.MaxWaiters} callers (MaxWaiters) wait already{LastError}.", _lastError);

    private ConnectionPoolFullException WaitTimedOutError() => new(
        $"No connection to {_name} became free within {DisplayText.Format(_options.WaitTimeout)} "
            + $"(WaitTimeout): all {_options.MaxConnections} (MaxConnections) are in use{LastError}.", _lastError);

    private OperationCanceledException WaitCancelledError(CancellationToken cancellationToken) => new(
        $"The wait for a connection to {_name} was cancelled: all {_options.MaxConnections} "
            + $"(MaxConnections) are in use{LastError}.", _lastError, cancellationToken);

    private string LastError => _lastError is { } error
        ? $", and the last connect failed: {SentenceText.TrimFullStop(error.Message)}"
        : "";
}
