using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>A running server: it listens, accepts, and runs a handler for each connection.</summary>
/// <remarks>All members are safe from many callers.</remarks>
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
    private volatile SockeyeServerOptions _options;
    private Task<StopResult>? _stop;

    private SockeyeServer(SockeyeServerOptions options)
    {
        _options = options;
        _context = new(options);
        _logger = _context.Logger;
        _load = new(this, new(_context.Scheduler, _context.Time));
        _gauges = new(this, _load, _context.Time);
        _stopClock = new(_context.Time);
        _started = _context.Time.GetTimestamp();
    }

    /// <summary>The addresses that were bound, with their real ports, in the order of the options; localhost has two.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; private set; } = [];

    /// <summary>How many connections are open now.</summary>
    public int ConnectionCount => _context.Limit.Count;

    /// <summary>Gets the transport that the server binds and accepts with.</summary>
    public IConnectionListenerFactory Transport => _options.Transport;

    /// <summary>Gets the time since the server was started.</summary>
    public TimeSpan Uptime => _context.Time.GetElapsedTime(_started);

    IReadOnlyList<IMonitoredListener> IMonitoredServer.Listeners => _listeners.Active;

    IReadOnlyList<IMonitoredListener> IMonitoredServer.AllListeners => _listeners.All;

    int IMonitoredServer.MaxConnections => _options.MaxConnections;

    IReadOnlyList<BlockingHandler> IMonitoredServer.BlockingHandlers =>
        (_options.Transport as IBlockingTransport)?.BlockingHandlers ?? [];

    TimeSpan? IMonitoredServer.StopTimeLeft => _stopClock.TimeLeft(_options.ShutdownTimeout);

    /// <summary>Runs a server until Ctrl+C, SIGTERM or <paramref name="cancellationToken"/>, then stops it with drain. A second
    /// signal ends the process at once, except within 200 ms of the first, because timeout(1) sends a signal twice. On Windows,
    /// Ctrl+Break, a closed console and a shutdown of the system are signals as well.</summary>
    /// <returns>How the connections ended.</returns>
    /// <exception cref="InvalidOperationException">The options are wrong; the message says what to change.</exception>
    /// <exception cref="IOException">An address cannot be listened on; the message says why (<see cref="AddressInUseException"/>
    /// where it is in use).</exception>
    /// <exception cref="PlatformNotSupportedException">The environment variable <c>SOCKEYE_ENGINE</c>, or an option, asks for
    /// what this system does not have; the message says why.</exception>
    public static Task<StopResult> RunAsync(
        Action<SockeyeServerOptions> configure, CancellationToken cancellationToken = default) =>
        RunAsync(Configure(configure), cancellationToken);

    /// <inheritdoc cref="RunAsync(Action{SockeyeServerOptions}, CancellationToken)"/>
    /// <param name="options">Where it listens, and how it runs.</param>
    /// <param name="cancellationToken">Stops it, as a signal does.</param>
    public static Task<StopResult> RunAsync(SockeyeServerOptions options, CancellationToken cancellationToken = default) =>
        RunAsync(options, static _ => Task.CompletedTask, cancellationToken);

    /// <inheritdoc cref="RunAsync(Action{SockeyeServerOptions}, CancellationToken)"/>
    /// <param name="options">Where it listens, and how it runs.</param>
    /// <param name="onStarted">Called once, when all endpoints listen: <see cref="EndPoints"/> has their real ports.</param>
    /// <param name="cancellationToken">Stops it, as a signal does.</param>
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
    /// <param name="options">Where it listens, and how it runs.</param>
    /// <param name="onStarted">Called once, when all endpoints listen, and awaited while the server serves. If it throws, the
    /// server stops and the run throws the same exception.</param>
    /// <param name="cancellationToken">Stops it, as a signal does.</param>
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
            return new(drained: 0, aborted: 0, cutShort: 0); // Asked to stop before it had started: there is nothing to drain.
        }

        await using (server)
        {
            await onStarted(server);
            await signals.Token.WhenCancelledAsync();
            return await server.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>Starts a server; all its endpoints listen when the task completes, or none does.</summary>
    /// <inheritdoc cref="StartAsync(SockeyeServerOptions, CancellationToken)" path="/exception"/>
    public static Task<SockeyeServer> StartAsync(
        Action<SockeyeServerOptions> configure, CancellationToken cancellationToken = default) =>
        StartAsync(Configure(configure), cancellationToken);

    /// <summary>Starts a server; all its endpoints listen when the task completes, or none does.</summary>
    /// <exception cref="InvalidOperationException">The options are wrong; the message says what to change.</exception>
    /// <exception cref="IOException">An address cannot be listened on; the message says why (<see cref="AddressInUseException"/>
    /// where it is in use).</exception>
    /// <exception cref="PlatformNotSupportedException">The environment variable <c>SOCKEYE_ENGINE</c>, or an option, asks for
    /// what this system does not have; the message says why.</exception>
    public static async Task<SockeyeServer> StartAsync(
        SockeyeServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ListenValidation.ThrowIfInvalid(options.Endpoints);
        var server = new SockeyeServer(options);
        var configurations = CreateConfigurations(options, server._context.Limit.CreatePermits(options));
        options.MarkStarted();

        server._listeners.Replace(await server.BindAsync(options, configurations, options.Endpoints, cancellationToken));
        try
        {
            server.StartAll();
            return server;
        }
        catch
        {
            await server.StopAsync(new(canceled: true)); // Nothing stays bound.
            throw;
        }
    }

    /// <summary>
    /// Stops the server: it accepts no more clients, asks handlers to finish (<c>connection.StopRequested</c>), and aborts the
    /// connections that are still open after <see cref="SockeyeServerOptions.ShutdownTimeout"/>. A second call waits for the
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
    /// <param name="connectionId">As <see cref="ServerConnectionInfo.ConnectionId"/> names it.</param>
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

    private static Dictionary<ListenOptions, ListenerConfiguration> CreateConfigurations(
        SockeyeServerOptions options, AcceptPermits? permits) =>
        options.Endpoints.ToDictionary(listen => listen, listen => ListenerConfiguration.Create(listen, permits));

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

    /// <summary>Binds endpoints, all or none. The listeners do not accept yet.</summary>
    private async Task<List<ActiveListener>> BindAsync(
        SockeyeServerOptions options,
        Dictionary<ListenOptions, ListenerConfiguration> configurations,
        IEnumerable<ListenOptions> endpoints,
        CancellationToken cancellationToken)
    {
        var bound = await new ListenerBinder(options.Transport, _logger).BindAllAsync(endpoints, cancellationToken);
        return [.. bound.Select(one => new ActiveListener(
            one.Listener, configurations[one.Options], _context, _stopping.Token))];
    }

    /// <summary>All listeners are bound.</summary>
    private void StartAll()
    {
        EndPoints = GetEndPoints(_listeners.Active);
        (_options.Transport as ILoggingTransport)?.UseLogger(_logger);
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
            await _reloadLock.AcquireAsync(); // A reload in progress ends first, and those behind it see that they come too late.
            _reloadLock.Release();
            _stopClock.Start();
            _logger.Guard("stopping", "the server", _stopping.Cancel);
            // The stop supersedes drains: their connections are its own from here on.
            await Task.WhenAll(_listeners.Draining.Select(listener => listener.Draining)).WithoutThrowing();

            var options = _options;
            var overdue = CreateAbortReason(DescribeOverdue(options.ShutdownTimeout, "the server was stopped"));
            var drain = new ListenerDrain(_listeners.All, CloseReason.Stopped, overdue, _context);
            await drain.StopAcceptingAsync();
            var result = await drain.RunAsync(options.ShutdownTimeout);
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
