using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>A running server: it listens, accepts, and runs a handler for each connection.</summary>
/// <remarks>All members are safe for concurrent callers.</remarks>
public sealed partial class SockeyeServer : IAsyncDisposable, IMonitoredServer
{
    private readonly ServerContext _context;
    private readonly ListenerSet _listeners = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _stopLock = new();
    private readonly AsyncLock _reloadLock = new();
    private readonly ILogger _logger;
    private readonly LoadReader _load;
    private readonly ServerGauges _gauges;
    private readonly StopClock _stopClock;
    private readonly long _started;
    private readonly IServerHandover? _handover;
    private volatile ServerConfiguration _configuration;
    private Task<StopResult>? _stop;

    private SockeyeServer(ServerConfiguration configuration, IServerHandover? handover)
    {
        (_configuration, _handover) = (configuration, handover);
        _context = new(configuration);
        _logger = _context.Logger;
        _load = new(this, new(_context.Scheduler, _context.Time));
        _gauges = new(this, _load, _context.Time);
        _stopClock = new(_context.Time);
        _started = _context.Time.GetTimestamp();
    }

    /// <summary>Gets the bound addresses, with their actual ports, in the order of the options. Localhost has two.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; private set; } = [];

    /// <summary>Gets the number of open connections.</summary>
    public int ConnectionCount => _context.Limit.Count;

    /// <summary>Gets the transport that the server binds and accepts with.</summary>
    public IConnectionListenerFactory Transport => _configuration.Transport;

    /// <summary>Gets the time since the server was started.</summary>
    public TimeSpan Uptime => _context.Time.GetElapsedTime(_started);

    IReadOnlyList<IMonitoredListener> IMonitoredServer.Listeners => _listeners.Active;

    IReadOnlyList<IMonitoredListener> IMonitoredServer.AllListeners => _listeners.All;

    int IMonitoredServer.MaxConnections => _configuration.MaxConnections;

    IReadOnlyList<BlockingHandler> IMonitoredServer.BlockingHandlers =>
        (_configuration.Transport as IBlockingTransport)?.BlockingHandlers ?? [];

    TimeSpan? IMonitoredServer.StopTimeLeft => _stopClock.TimeLeft(_configuration.ShutdownTimeout);

    /// <summary>Runs a server until Ctrl+C, SIGTERM or <paramref name="cancellationToken"/>, then stops it and lets its handlers
    /// finish. A second signal ends the process at once, except within 200 ms of the first, because timeout(1) sends a signal
    /// twice. On Windows, Ctrl+Break, a closed console and a shutdown of the system are signals, too.</summary>
    /// <param name="configure">Sets the endpoints, and changes the defaults.</param>
    /// <param name="cancellationToken">Stops the server, as a signal does.</param>
    /// <returns>The numbers of connections by how they ended.</returns>
    /// <exception cref="InvalidOperationException">The options are invalid; the message says what to change.</exception>
    /// <exception cref="IOException">The server cannot listen on an address; the message says why
    /// (<see cref="AddressInUseException"/> if it is in use).</exception>
    /// <exception cref="PlatformNotSupportedException">The environment variable <c>SOCKEYE_ENGINE</c>, or an option, requires
    /// something that this system does not have; the message says what.</exception>
    public static Task<StopResult> RunAsync(
        Action<SockeyeServerOptions> configure, CancellationToken cancellationToken = default) =>
        RunAsync(Configure(configure), cancellationToken);

    /// <inheritdoc cref="RunAsync(Action{SockeyeServerOptions}, CancellationToken)"/>
    /// <param name="options">The options, which the server seals.</param>
    /// <param name="cancellationToken">Stops the server, as a signal does.</param>
    public static Task<StopResult> RunAsync(SockeyeServerOptions options, CancellationToken cancellationToken = default) =>
        RunAsync(options, static _ => Task.CompletedTask, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action{SockeyeServerOptions}, CancellationToken)"/>
    /// <param name="options">The options, which the server seals.</param>
    /// <param name="onStarted">Called once, when all endpoints listen: <see cref="EndPoints"/> has their actual ports.</param>
    /// <param name="cancellationToken">Stops the server, as a signal does.</param>
    public static Task<StopResult> RunAsync(
        SockeyeServerOptions options, Action<SockeyeServer> onStarted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(onStarted);
        return RunAsync(
            options,
            started =>
            {
                onStarted(started);
                return Task.CompletedTask;
            },
            cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(Action{SockeyeServerOptions}, CancellationToken)"/>
    /// <param name="options">The options, which the server seals.</param>
    /// <param name="onStarted">Called once, when all endpoints listen, and awaited while the server serves. If it throws, the
    /// server stops and the run throws the same exception.</param>
    /// <param name="cancellationToken">Stops the server, as a signal does.</param>
    public static async Task<StopResult> RunAsync(
        SockeyeServerOptions options, Func<SockeyeServer, Task> onStarted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onStarted);
        using var signals = new StopSignals(options.TimeProvider, cancellationToken);
        SockeyeServer server;
        try
        {
            server = await StartAsync(options, signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return new(drained: 0, aborted: 0, cutShort: 0); // Stopped before the start: there is nothing to drain.
        }

        await using (server)
        {
            await onStarted(server);
            await Task.WhenAny(signals.Token.WhenCancelledAsync(), server.TakenOver);
            return await server.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>Starts a server. When the task completes, all of its endpoints listen; if it fails, none does.</summary>
    /// <param name="configure">Sets the endpoints, and changes the defaults.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <inheritdoc cref="StartAsync(SockeyeServerOptions, CancellationToken)" path="/exception"/>
    public static Task<SockeyeServer> StartAsync(
        Action<SockeyeServerOptions> configure, CancellationToken cancellationToken = default) =>
        StartAsync(Configure(configure), cancellationToken);

    /// <summary>Starts a server. When the task completes, all of its endpoints listen; if it fails, none does.</summary>
    /// <param name="options">The options, which the server seals.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">The options are invalid; the message says what to change.</exception>
    /// <exception cref="IOException">The server cannot listen on an address; the message says why
    /// (<see cref="AddressInUseException"/> if it is in use).</exception>
    /// <exception cref="PlatformNotSupportedException">The environment variable <c>SOCKEYE_ENGINE</c>, or an option, requires
    /// something that this system does not have; the message says what.</exception>
    public static async Task<SockeyeServer> StartAsync(
        SockeyeServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfTaken();
        ListenValidation.ThrowIfInvalid(options.Endpoints);
        var configuration = ServerConfiguration.Create(options);
        var server = new SockeyeServer(configuration, options.Handover);
        var listeners = server.Build(configuration, server._context.Limit.CreatePermits(configuration));
        options.Seal();

        if (options.Handover is { } handover)
            await handover.StartAsync(server, StartAsync, cancellationToken);
        else
            await StartAsync(inherited: null);
        return server;

        async Task StartAsync(InheritedListeners? inherited)
        {
            // What another process hands over comes before what this one got when it started.
            using var own = inherited is null ? configuration.InheritedSource?.Match(configuration.Endpoints, []) : null;
            server._listeners.Replace(
                await server.BindAsync(configuration, listeners, configuration.Endpoints, inherited ?? own, cancellationToken));
            configuration.InheritedSource?.OnBound(server._logger);
            try
            {
                server.StartAll();
            }
            catch
            {
                await server.StopAsync(new(canceled: true)); // Nothing stays bound.
                throw;
            }
        }
    }

    /// <summary>
    /// Stops the server: it accepts no more clients, signals handlers to finish (<c>connection.StopRequested</c>), and aborts
    /// the connections that are still open after <see cref="SockeyeServerOptions.ShutdownTimeout"/>. A second call waits for the
    /// first.
    /// </summary>
    /// <param name="cancellationToken">Aborts the connections that are still open, instead of waiting for the timeout.</param>
    public async Task<StopResult> StopAsync(CancellationToken cancellationToken = default)
    {
        Task<StopResult> stop;
        lock (_stopLock)
            stop = _stop ??= _context.Scheduler.RunAsync(StopCoreAsync);
        using var abortion = cancellationToken.UnsafeRegister(
            _ => ListenerDrain.AbortAll(
                _listeners.All,
                CreateAbortReason(new("the server was stopped and the handler did not finish in time (the stop was cut short)"))),
            null);
        return await stop;
    }

    /// <summary>Stops the server, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    /// <summary>Returns the current state of all listeners, in the order of <see cref="EndPoints"/>, with one system call
    /// each.</summary>
    public IReadOnlyList<ListenerInfo> GetListeners() =>
        [.. _listeners.Active.Select(listener => new ListenerInfo(listener, _stopClock.IsRunning))];

    /// <summary>Returns the current state of all open connections, in the order of their arrival. Makes no system call.</summary>
    public IReadOnlyList<ServerConnectionInfo> GetConnections() =>
        [.. ListenerSet.InOrder(_listeners.All).Select(connection => connection.GetInfo())];

    /// <summary>Returns the connections that ended last, newest first and including refused ones: up to
    /// <see cref="SockeyeServerOptions.MaxClosedHistory"/>.</summary>
    public IReadOnlyList<ClosedConnectionInfo> GetClosedConnections() => _context.History?.NewestFirst() ?? [];

    /// <summary>Returns the bytes that the connections of the server have transferred so far, closed ones included. Those of an
    /// endpoint that a reload has removed count until they have drained.</summary>
    public ServerTraffic GetTraffic()
    {
        long received = 0, sent = 0;
        foreach (var listener in _listeners.All)
        {
            var traffic = listener.Traffic;
            (received, sent) = (received + traffic.Received, sent + traffic.Sent);
        }

        return new(received, sent);
    }

    /// <summary>Returns how close the server is to saturation, for health checks, pages and alarms.</summary>
    /// <remarks>It makes one system call for each listener and none for connections, and it never waits: on a dedicated thread
    /// it answers while no thread of the pool is free. To measure that, each call queues a work item to the pool, and the next
    /// call reports how long it has waited.</remarks>
    public ServerLoad GetLoad() => _load.Read();

    /// <summary>Resets one connection (RST), as an operator would.</summary>
    /// <param name="connectionId">The id of the connection: <see cref="ServerConnectionInfo.ConnectionId"/>.</param>
    /// <param name="description">The reason, a sentence without a full stop, for the log and the handler's exception.</param>
    /// <returns>False if the connection does not exist or has ended.</returns>
    public bool Abort(string connectionId, string description)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionId);
        ArgumentException.ThrowIfNullOrEmpty(description);
        foreach (var listener in _listeners.All)
        {
            foreach (var connection in listener.Connections)
            {
                if (connection.Id != connectionId)
                    continue;
                connection.Abort(CloseReason.Local(CloseCause.Abort, description));
                return true;
            }
        }

        return false;
    }

    private static SockeyeServerOptions Configure(Action<SockeyeServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SockeyeServerOptions();
        configure(options);
        return options;
    }

    private static IReadOnlyList<EndPoint> GetEndPoints(IEnumerable<ActiveListener> listeners) =>
        [.. listeners.Select(listener => listener.EndPoint)];

    private static string DescribePipeline(ActiveListener listener)
    {
        var configuration = listener.Configuration;
        return string.Join(" -> ", configuration.MiddlewareNames.Append(configuration.Options.HandlerName));
    }

    private static CloseReason CreateAbortReason(Explanation explanation) =>
        new(ClosedBy.Local, CloseCause.Stop, CloseDirection.Both, explanation);

    private static Explanation DescribeOverdue(TimeSpan timeout, string start) => new(
        $"{start} and the handler did not finish within {OptionChecks.Describe(timeout)}",
        nameof(SockeyeServerOptions.ShutdownTimeout));

    /// <summary>Builds the pipelines of all endpoints.</summary>
    private Dictionary<ListenOptions, ListenerConfiguration> Build(
        ServerConfiguration configuration, AcceptPermits? permits) => configuration.Endpoints.ToDictionary(
            listen => listen, listen => ListenerConfiguration.Create(listen, configuration.Timeouts, _context, permits));

    /// <summary>Binds endpoints, all or none. The listeners do not accept yet.</summary>
    private async Task<List<ActiveListener>> BindAsync(
        ServerConfiguration configuration,
        Dictionary<ListenOptions, ListenerConfiguration> listeners,
        IEnumerable<ListenOptions> endpoints,
        InheritedListeners? inherited,
        CancellationToken cancellationToken)
    {
        var binder = new ListenerBinder(configuration.Transport, _logger, inherited);
        var bound = await binder.BindAllAsync(endpoints, cancellationToken);
        return [.. bound.Select(one => new ActiveListener(
            one.Listener, listeners[one.Options], _context, configuration.Random, _stopping.Token))];
    }

    /// <summary>Starts to accept on all listeners, which are bound.</summary>
    private void StartAll()
    {
        EndPoints = GetEndPoints(_listeners.Active);
        (_configuration.Transport as ILoggingTransport)?.UseLogger(_logger);
        ServerMetrics.Add(_gauges);
        _context.Monitor = new(_load, this, _context.Time, _logger);
        foreach (var listener in _listeners.Active)
            Start(listener);
    }

    private void Start(ActiveListener listener)
    {
        LogListening(listener.EndPoint, DescribePipeline(listener));
        listener.Start();
    }

    private async Task<StopResult> StopCoreAsync()
    {
        try
        {
            _handover?.OnStopping();
            await _reloadLock.AcquireAsync(); // A reload in progress ends first, and later ones fail.
            _reloadLock.Release();
            _stopClock.Start();
            _logger.Guard("stopping", "the server", _stopping.Cancel);
            // The stop supersedes drains, and takes over their connections.
            await Task.WhenAll(_listeners.Draining.Select(listener => listener.Draining)).WithoutThrowing();

            var timeout = _configuration.ShutdownTimeout;
            var overdue = CreateAbortReason(DescribeOverdue(timeout, "the server was stopped"));
            var drain = new ListenerDrain(_listeners.All, CloseReason.Stopped, overdue, _context);
            await drain.StopAcceptingAsync();
            if (_handover is not null)
                await _logger.GuardAsync("ending the takeover of", "the server", _handover.OnUnboundAsync);
            var result = await drain.RunAsync(timeout, IsTakenOver ? SpreadOf(timeout) : TimeSpan.Zero);
            Debug.Assert(result is not null, "Nothing supersedes a stop.");
            LogStopped(result.Drained, result.Aborted, result.CutShort);
            return result;
        }
        finally
        {
            ServerMetrics.Remove(_gauges);
            _context.Monitor?.Dispose();
        }
    }
}
