using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A bounded number of connections to one endpoint, lent one at a time and reused. Safe from many callers.</summary>
/// <remarks>
/// Who asks first is served first. The connection that was used last is reused first, so that those that are not needed become
/// idle and are closed. Before it is lent, and when it comes back, a connection must be open both ways with nothing to read.
/// </remarks>
public sealed class ConnectionPool : IAsyncDisposable
{
    private readonly SockeyeClient _client;
    private readonly EndPoint _target;
    private readonly ConnectionPoolOptions _options;
    private readonly PoolSlots _slots;
    private readonly PoolGauge _gauge;
    private readonly CancellationTokenSource _disposing = new();

    // Of the last connect, for those who get no connection; null if it succeeded.
    private volatile Exception? _lastError;

    /// <summary>A pool of connections to one endpoint. Opens none before the first is asked for.</summary>
    /// <param name="client">What dials; its <see cref="SockeyeClientOptions.TimeProvider"/> is the pool's.</param>
    /// <param name="endpoint">What to dial.</param>
    /// <param name="options">The limits; the defaults where null.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the endpoint cannot be dialled.</exception>
    public ConnectionPool(SockeyeClient client, EndPoint endpoint, ConnectionPoolOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(endpoint);
        (_client, _target, _options) = (client, HostNames.Normalize(endpoint), (options ?? new()).Checked());
        _slots = new(_options, client.TimeProvider, CloseExpired);
        _gauge = ClientMetrics.Add(this, endpoint);
    }

    /// <inheritdoc cref="ConnectionPool(SockeyeClient, EndPoint, ConnectionPoolOptions)"/>
    /// <param name="client">What dials; its <see cref="SockeyeClientOptions.TimeProvider"/> is the pool's.</param>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0").</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="options">The limits; the defaults where null.</param>
    public ConnectionPool(SockeyeClient client, string host, int port, ConnectionPoolOptions? options = null)
        : this(client, HostNames.ToEndPoint(host, port), options)
    {
    }

    /// <summary>How many connections there are now: being opened, lent, idle or being closed.</summary>
    public int Count => _slots.UsedCount;

    /// <summary>How many of them are idle.</summary>
    public int IdleCount => _slots.IdleCount;

    /// <summary>How many callers wait for one.</summary>
    public int WaiterCount => _slots.WaiterCount;

    /// <summary>
    /// Lends a connection: an idle one, a new one, or, when <see cref="ConnectionPoolOptions.MaxConnections"/> are in use, the
    /// first to come free, in the order of asking. Dispose what is returned to give it back.
    /// </summary>
    /// <param name="cancellationToken">Leaves the line, or gives up connecting; no slot is lost.</param>
    /// <exception cref="ConnectionPoolFullException">Too many callers wait, or none came free in time.</exception>
    /// <exception cref="ConnectException">A new connection could not be opened. The next in the line tries again.</exception>
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
    /// Fails everybody who waits, gives up connecting and closes the idle connections. Those that are lent are closed when they
    /// come back.
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

    /// <param name="connection">What to close.</param>
    /// <param name="reason">Ends it without waiting for the peer; null ends it as its user would.</param>
    private static ValueTask CloseAsync(ConnectionContext connection, CloseReason? reason)
    {
        // One that has ended already keeps its own reason.
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
            // Only now: until it is closed the connection counts.
            _slots.Release();
        }
    }

    private async Task<ConnectionContext?> WaitAsync(PoolSlots.Waiter waiter, CancellationToken cancellationToken)
    {
        using var timer = _client.TimeProvider.CreateTimer(
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
            var connection = await _client.ConnectAsync(_target, stop.Token);
            _lastError = null;
            // Messages upon it that are disposed give it up: whether it is closed is decided when it comes back.
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
        $"no connection to {DisplayText.Format(_target)} is free: all {_options.MaxConnections} (MaxConnections) are in use, and "
            + $"{_options.MaxWaiters} callers (MaxWaiters) wait already{LastError}", _lastError);

    private ConnectionPoolFullException WaitTimedOutError() => new(
        $"no connection to {DisplayText.Format(_target)} came free within {DisplayText.Format(_options.WaitTimeout)} (WaitTimeout): "
            + $"all {_options.MaxConnections} (MaxConnections) are in use{LastError}", _lastError);

    private OperationCanceledException WaitCancelledError(CancellationToken cancellationToken) => new(
        $"waiting for a connection to {DisplayText.Format(_target)} was cancelled: all {_options.MaxConnections} (MaxConnections) "
            + $"are in use{LastError}", _lastError, cancellationToken);

    private string LastError => _lastError is { } error ? $", and the last connect failed: {error.Message}" : "";
}
