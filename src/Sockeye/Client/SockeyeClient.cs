using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Opens connections. Holds nothing that has to be disposed; safe from many callers.</summary>
public sealed class SockeyeClient : IConnectionFactory
{
    private readonly SockeyeClientOptions _options;
    private readonly TimeoutMonitorSettings? _timeouts;
    private readonly ILogger _logger;

    /// <summary>A client with the defaults of <see cref="SockeyeClientOptions"/>.</summary>
    public SockeyeClient()
        : this(new SockeyeClientOptions())
    {
    }

    /// <summary>A client with its own options.</summary>
    /// <param name="configure">Changes the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotSupportedException">A local endpoint was chosen, and the transport cannot bind one.</exception>
    public SockeyeClient(Action<SockeyeClientOptions> configure)
        : this(Configure(configure))
    {
    }

    /// <summary>A client with these options, of which it keeps a copy.</summary>
    /// <param name="options">How to dial.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="NotSupportedException">A local endpoint was chosen, and the transport cannot bind one.</exception>
    public SockeyeClient(SockeyeClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.TakeCopy();
        _logger = new QuietLogger(_options.LoggerFactory.CreateLogger("Sockeye.Client"));
        _timeouts = _options.Timeouts.IsAnyEnabled ? new(_options.Timeouts, _options.Timer) : null;
    }

    internal TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>Opens one connection. The caller disposes it, which ends it in order.</summary>
    /// <remarks>
    /// A <see cref="DnsEndPoint"/> is resolved and dialled by Happy Eyeballs version 2 (RFC 8305); every other endpoint is given
    /// to the transport. Cancelling leaves nothing open, and the exception says how far the connect had come.
    /// </remarks>
    /// <param name="endpoint">
    /// An <see cref="IPEndPoint"/>, a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>, or a <see cref="DnsEndPoint"/>.
    /// An IPv4-mapped address is dialled as IPv4; 0.0.0.0 and :: are this machine.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">Port 0, a multicast or broadcast address, or a name that is none.</exception>
    /// <exception cref="ConnectException">Every address failed, the name has none, or the connect timeout was over.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        endpoint = HostNames.Normalize(endpoint);
        return ConnectionTrace.IsEnabled
            ? ConnectTracedAsync(endpoint, cancellationToken)
            : ConnectUntracedAsync(endpoint, cancellationToken);
    }

    /// <summary>Opens one connection. The caller disposes it, which ends it in order.</summary>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0").</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing open.</param>
    /// <exception cref="ConnectException">Every address failed, the name has none, or the connect timeout was over.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(string host, int port, CancellationToken cancellationToken = default) =>
        ConnectAsync(HostNames.ToEndPoint(host, port), cancellationToken);

    /// <summary>Opens <paramref name="count"/> connections at once, or none: when one fails the others are aborted.</summary>
    /// <remarks>Up to 64 are dialled at a time, each within its own connect timeout.</remarks>
    /// <inheritdoc cref="ConnectAsync(EndPoint, CancellationToken)"/>
    /// <param name="endpoint">What to dial.</param>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing open.</param>
    public Task<IReadOnlyList<ConnectionContext>> ConnectManyAsync(
        EndPoint endpoint, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new ConnectMany(this, HostNames.Normalize(endpoint), count).RunAsync(cancellationToken);
    }

    /// <inheritdoc cref="ConnectManyAsync(EndPoint, int, CancellationToken)"/>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0").</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing open.</param>
    public Task<IReadOnlyList<ConnectionContext>> ConnectManyAsync(
        string host, int port, int count, CancellationToken cancellationToken = default) =>
        ConnectManyAsync(HostNames.ToEndPoint(host, port), count, cancellationToken);

    /// <summary>
    /// One connection after another, for <c>await foreach</c>: asking for the next one disposes the last, waits and dials until
    /// a connection stands. Leaving the loop disposes the last one.
    /// </summary>
    /// <remarks>
    /// The delays of <see cref="ReconnectOptions"/> lie between all attempts, after a connection that was lost too. They start
    /// from the shortest again after a connection that was held for <see cref="ReconnectOptions.StableAfter"/>. Every loop
    /// over the result is on its own; a loop is for one caller.
    /// </remarks>
    /// <param name="endpoint">What to dial.</param>
    /// <param name="cancellationToken">Ends the loop the next time it asks; a connection that is in use goes on.</param>
    /// <exception cref="ConnectException"><see cref="ReconnectOptions.MaxAttempts"/> attempts failed in a row.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. The inner exception is the last error, if the loop
    /// was trying to get over one.</exception>
    public IAsyncEnumerable<ConnectionContext> ReconnectAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return new ReconnectLoop(this, _options, HostNames.Normalize(endpoint), _logger).RunAsync(cancellationToken);
    }

    /// <inheritdoc cref="ReconnectAsync(EndPoint, CancellationToken)"/>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0"). Resolved each time.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">Ends the loop the next time it asks; a connection that is in use goes on.</param>
    public IAsyncEnumerable<ConnectionContext> ReconnectAsync(
        string host, int port, CancellationToken cancellationToken = default) =>
        ReconnectAsync(HostNames.ToEndPoint(host, port), cancellationToken);

    private async ValueTask<ConnectionContext> ConnectTracedAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        // What a listener throws costs its trace, and no connection.
        ConnectionTrace? trace = null;
        _logger.Guard("beginning the trace of a connection to", endpoint, () => trace = ConnectionTrace.Start(
            ActivityKind.Client, _options.TimeProvider));
        try
        {
            var connection = await ConnectUntracedAsync(endpoint, cancellationToken);
            trace?.Attach(connection);
            connection.ConnectionClosed.UnsafeRegister(
                _ => _logger.Guard("ending the trace of", connection.ConnectionId, () => trace?.End(
                    connection, connection.EndReason ?? CloseReason.LocalFin)),
                null);
            return connection;
        }
        catch (Exception error)
        {
            _logger.Guard("ending the trace of a connection to", endpoint, () => trace?.Fail(error));
            throw;
        }
    }

    private ValueTask<ConnectionContext> ConnectUntracedAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        var dialled = new HappyEyeballs(_options, endpoint).ConnectAsync(cancellationToken);
        return _options.Layers.Count == 0 && _timeouts is null ? dialled : ApplyLayersAsync(dialled, endpoint, cancellationToken);
    }

    private async ValueTask<ConnectionContext> ApplyLayersAsync(
        ValueTask<ConnectionContext> dialled, EndPoint target, CancellationToken cancellationToken)
    {
        var connection = await dialled;
        if (_timeouts is not null)
            Watch(connection, _timeouts);
        var step = "";
        try
        {
            foreach (var layer in _options.Layers)
            {
                step = layer.Name;
                connection = await layer.ApplyAsync(connection, target, cancellationToken);
            }

            return connection;
        }
        catch (Exception e)
        {
            connection.Abort(CloseReason.Local(CloseCause.Abort, $"the connection was given up: {e.Message}", e));
            await connection.Outermost.DisposeAsync();
            if (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                throw;
            throw new OperationCanceledException(
                $"connecting to {DisplayText.Format(target)} was cancelled: the connection stood, and {step} had not ended",
                e.InnerException, cancellationToken);
        }
    }

    /// <summary>Watched until it is closed; the timer holds nothing of it afterwards.</summary>
    private void Watch(ConnectionContext connection, TimeoutMonitorSettings timeouts)
    {
        var stop = new StopNotification(connection, Scheduling.GetScheduler(connection), _logger);
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(stop);
        var watch = new TimeoutMonitor(connection, timeouts, stop);
        watch.Start();
        connection.ConnectionClosed.UnsafeRegister(static watch => ((TimeoutMonitor)watch!).End(), watch);
    }

    private static SockeyeClientOptions Configure(Action<SockeyeClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SockeyeClientOptions();
        configure(options);
        return options;
    }
}
