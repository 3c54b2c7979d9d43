using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Opens connections. Safe to call concurrently; needs no disposal.</summary>
public sealed partial class SockeyeClient : IConnectionFactory
{
    private readonly SockeyeClientOptions _options;
    private readonly TimeoutMonitorSettings? _timeouts;
    private readonly ILogger _logger;
    private readonly Func<CoarseTimer> _createTimer;
    private CoarseTimer? _timer;
    private int _isTransportLogged;

    /// <summary>Creates a client with the default options.</summary>
    public SockeyeClient()
        : this(new SockeyeClientOptions())
    {
    }

    /// <summary>Creates a client and configures its options.</summary>
    /// <param name="configure">Changes the default options.</param>
    /// <exception cref="ArgumentException">An option is out of range, or contradicts another.</exception>
    /// <exception cref="NotSupportedException">The transport cannot bind a local endpoint.</exception>
    public SockeyeClient(Action<SockeyeClientOptions> configure)
        : this(Configure(configure))
    {
    }

    /// <summary>Creates a client with the given options, which it copies.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option contradicts another.</exception>
    /// <exception cref="NotSupportedException">The transport cannot bind a local endpoint.</exception>
    public SockeyeClient(SockeyeClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.TakeCopy();
        _logger = new QuietLogger(_options.LoggerFactory.CreateLogger("Sockeye.Client"));
        TimeProvider = _options.TimeProvider;
        _createTimer = () => new(TimeProvider, error => _logger.LogOutsideException(error, "serving a time limit", "a client"));
        _timeouts = _options.Timeouts.IsAnyEnabled ? new(_options.Timeouts, Timer) : null;
    }

    internal TimeProvider TimeProvider { get; }

    /// <summary>The timer of the timeouts of all connections. Created when it is first used.</summary>
    internal CoarseTimer Timer => LazyInitializer.EnsureInitialized(ref _timer, _createTimer);

    internal TimeSpan ConnectTimeout => _options.ConnectTimeout;

    internal ILoggerFactory LoggerFactory => _options.LoggerFactory;

    /// <summary>The scheduler of the transport, for work that no caller awaits.</summary>
    internal PipeScheduler Scheduler => Scheduling.GetScheduler(_options.Transport);

    /// <summary>The maximum number of attempts that fail in a row; null if there is none.</summary>
    internal int? MaxAttempts => _options.Reconnect.MaxAttempts;

    /// <summary>Opens one connection. The caller disposes it, which closes it gracefully.</summary>
    /// <remarks>
    /// For a <see cref="DnsEndPoint"/>, the client resolves the name and tries its addresses by Happy Eyeballs version 2 (RFC
    /// 8305). It passes any other endpoint to the transport. A cancelled connect leaves nothing open, and its exception describes
    /// the progress.
    /// </remarks>
    /// <param name="endpoint">
    /// An <see cref="IPEndPoint"/>, a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>, or a <see cref="DnsEndPoint"/>.
    /// An IPv4-mapped address means its IPv4 address; 0.0.0.0 and :: mean this machine.
    /// </param>
    /// <param name="cancellationToken">Cancels the connect.</param>
    /// <exception cref="ArgumentException">Port 0, a multicast or broadcast address, or an invalid name.</exception>
    /// <exception cref="ConnectException">Every address failed, the name has no address, or the connect timed out.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        endpoint = HostNames.Normalize(endpoint);
        LogTransportOnce();
        return ConnectionTrace.IsEnabled
            ? ConnectTracedAsync(endpoint, cancellationToken)
            : ConnectUntracedAsync(endpoint, cancellationToken);
    }

    /// <summary>Opens one connection. The caller disposes it, which closes it gracefully.</summary>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0").</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    /// <exception cref="ConnectException">Every address failed, the name has no address, or the connect timed out.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(string host, int port, CancellationToken cancellationToken = default) =>
        ConnectAsync(HostNames.ToEndPoint(host, port), cancellationToken);

    /// <summary>Opens one connection to the first of several endpoints that accepts, in the order of preference.</summary>
    /// <remarks>Each endpoint has the whole <see cref="SockeyeClientOptions.ConnectTimeout"/>.</remarks>
    /// <param name="endpoints">The endpoints, each as for <see cref="ConnectAsync(EndPoint, CancellationToken)"/>. At least
    /// one.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    /// <exception cref="ArgumentException">There is no endpoint, or a client cannot connect to one.</exception>
    /// <exception cref="ConnectException">All endpoints failed; the message has the errors of all.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(
        IEnumerable<EndPoint> endpoints, CancellationToken cancellationToken = default) =>
        FirstEndPoint.ConnectAsync(this, FirstEndPoint.Normalize(endpoints), cancellationToken);

    /// <summary>Opens <paramref name="count"/> connections, or none: if one fails, the others are aborted.</summary>
    /// <remarks>Up to 64 connect at a time, each within its own connect timeout.</remarks>
    /// <inheritdoc cref="ConnectAsync(EndPoint, CancellationToken)"/>
    /// <param name="endpoint">The endpoint to connect to.</param>
    /// <param name="count">The number of connections. Range: 1 and up.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public Task<IReadOnlyList<ConnectionContext>> ConnectManyAsync(
        EndPoint endpoint, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        (_options.Transport as ClientTransport)?.Expect(count);
        return new ConnectMany(this, HostNames.Normalize(endpoint), count).RunAsync(cancellationToken);
    }

    /// <inheritdoc cref="ConnectManyAsync(EndPoint, int, CancellationToken)"/>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0").</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="count">The number of connections. Range: 1 and up.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public Task<IReadOnlyList<ConnectionContext>> ConnectManyAsync(
        string host, int port, int count, CancellationToken cancellationToken = default) =>
        ConnectManyAsync(HostNames.ToEndPoint(host, port), count, cancellationToken);

    /// <summary>
    /// Opens one connection after another, for <c>await foreach</c>. Each step disposes the previous connection, waits, and
    /// connects until it succeeds. Leaving the loop disposes the last connection.
    /// </summary>
    /// <remarks>
    /// The client waits by <see cref="ReconnectOptions"/> before each attempt except the first, also after a lost connection.
    /// After a connection that lasted <see cref="ReconnectOptions.StableAfter"/>, the delays start from the minimum again. Each
    /// enumeration of the result is independent, and for one caller. The result has the state of the loop, with the last error.
    /// </remarks>
    /// <param name="endpoint">The endpoint to connect to.</param>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    /// <exception cref="ConnectException"><see cref="ReconnectOptions.MaxAttempts"/> attempts failed in a row.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. The inner exception is the last error, if the loop
    /// was retrying.</exception>
    public ReconnectSequence<ConnectionContext> ReconnectAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        endpoint = HostNames.Normalize(endpoint);
        return new(_logger, onChanged => Reconnect([endpoint], onChanged, cancellationToken));
    }

    /// <summary>Opens one connection after another, each to the first of several endpoints that accepts, in the order of
    /// preference.</summary>
    /// <inheritdoc cref="ReconnectAsync(EndPoint, CancellationToken)"/>
    /// <param name="endpoints">The endpoints. At least one.</param>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    public ReconnectSequence<ConnectionContext> ReconnectAsync(
        IEnumerable<EndPoint> endpoints, CancellationToken cancellationToken = default)
    {
        var targets = FirstEndPoint.Normalize(endpoints);
        return new(_logger, onChanged => Reconnect(targets, onChanged, cancellationToken));
    }

    /// <summary>Opens one connection after another, each to the first endpoint that accepts.</summary>
    internal IAsyncEnumerable<ConnectionContext> Reconnect(
        IReadOnlyList<EndPoint> endpoints, Action<ReconnectState> onChanged, CancellationToken cancellationToken) =>
        new ReconnectLoop(this, _options, endpoints, _logger, onChanged).RunAsync(cancellationToken);

    /// <inheritdoc cref="ReconnectAsync(EndPoint, CancellationToken)"/>
    /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0"). Resolved each time.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    public ReconnectSequence<ConnectionContext> ReconnectAsync(
        string host, int port, CancellationToken cancellationToken = default) =>
        ReconnectAsync(HostNames.ToEndPoint(host, port), cancellationToken);

    private void LogTransportOnce()
    {
        if (_options.Transport is INamedTransport { Reason: { } reason } transport
            && Interlocked.Exchange(ref _isTransportLogged, 1) == 0)
            LogTransport(_logger, transport.Name, reason);
    }

    private async ValueTask<ConnectionContext> ConnectTracedAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        // If a trace listener throws, only the trace is lost.
        ConnectionTrace? trace = null;
        _logger.Guard("starting the trace of a connection to", endpoint, () => trace = ConnectionTrace.Start(
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
        var connecting = new HappyEyeballs(_options, endpoint).ConnectAsync(cancellationToken);
        return _options.Layers.Count == 0 && _timeouts is null
            ? connecting
            : ApplyLayersAsync(connecting, endpoint, cancellationToken);
    }

    private async ValueTask<ConnectionContext> ApplyLayersAsync(
        ValueTask<ConnectionContext> connecting, EndPoint target, CancellationToken cancellationToken)
    {
        var connection = await connecting;
        if (_timeouts is not null)
            Watch(connection, _timeouts);
        var step = "";
        try
        {
            foreach (var layer in _options.Layers)
            {
                step = layer.Name;
                connection = await layer.ApplyAsync(this, connection, target, cancellationToken);
            }

            return connection;
        }
        catch (Exception e)
        {
            connection.Abort(CloseReason.Local(CloseCause.Abort, $"the connection was abandoned: {e.Message}", e));
            await connection.Outermost.DisposeAsync();
            if (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                throw;
            throw new OperationCanceledException(
                $"Connecting to {DisplayText.Format(target)} was cancelled: the connection was established, and {step} "
                    + "had not ended.",
                e.InnerException, cancellationToken);
        }
    }

    /// <summary>Applies the timeouts to a connection until it is closed; then the timer releases it.</summary>
    private void Watch(ConnectionContext connection, TimeoutMonitorSettings timeouts)
    {
        var stop = new StopNotification(connection, Scheduling.GetScheduler(connection), _logger);
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(stop);
        var watch = new TimeoutMonitor(connection, timeouts, stop);
        watch.Start();
        connection.ConnectionClosed.UnsafeRegister(static watch => ((TimeoutMonitor)watch!).End(), watch);
    }

    [LoggerMessage(3003, LogLevel.Information, "Connections are opened by {Transport}: {Reason}.")]
    private static partial void LogTransport(ILogger logger, string transport, string reason);

    private static SockeyeClientOptions Configure(Action<SockeyeClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SockeyeClientOptions();
        configure(options);
        return options;
    }
}
