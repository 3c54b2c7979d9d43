using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A running server: it listens, accepts, and runs a handler for each connection.</summary>
/// <remarks>All members are safe from many callers.</remarks>
public sealed partial class SockeyeServer : IAsyncDisposable
{
    // After the abort a handler only has to notice; one that does not is left behind, and the log says so.
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(1);

    private volatile SockeyeServerOptions _options;
    private readonly ConnectionTable _table = new();
    private readonly AcceptFailureLog _acceptFailures;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _stopLock = new();
    private readonly PipeScheduler _scheduler;
    private readonly Refusal _refusal;
    private readonly LogThrottle _backlogThrottle;
    private readonly ClosedHistory? _history;
    private readonly SchedulerProbe _probe;
    private readonly StopClock _stopClock;
    private readonly long _started;
    private volatile IReadOnlyList<ActiveListener> _listeners = [];
    private volatile LoadReader _load = null!;
    private LoadMonitor? _loadMonitor;
    private LoadGauge? _loadGauge;
    private Task<StopResult>? _stop;
    private int _rejecting;
    private bool _hasLoggedUncounted;

    private SockeyeServer(SockeyeServerOptions options)
    {
        _options = options;
        _scheduler = Scheduling.GetScheduler(options.Transport);
        _logger = new SafeLogger(options.LoggerFactory.CreateLogger("Sockeye.Server"));
        _acceptFailures = new(options.TimeProvider, _logger);
        _refusal = new(options.Timer);
        _backlogThrottle = new(options.TimeProvider);
        _history = options.MaxClosedHistory == 0 ? null : new(options.MaxClosedHistory);
        _probe = new(_scheduler, options.TimeProvider);
        _stopClock = new(options.TimeProvider);
        _started = options.TimeProvider.GetTimestamp();
    }

    /// <summary>The addresses that were bound, with their real ports, in the order of the options; localhost has two.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; private set; } = [];

    /// <summary>How many connections are open now.</summary>
    public int ConnectionCount => _table.Count;

    /// <summary>Runs a server until Ctrl+C, SIGTERM or <paramref name="cancellationToken"/>, then stops it with drain. A second
    /// signal ends the process at once, unless it comes within 200 ms of the first: then it is the same wish, sent twice, as
    /// timeout(1) does.</summary>
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
    /// <param name="onStarted">Called once, when all endpoints listen, and awaited; the server serves meanwhile. When it throws,
    /// the server stops and the exception is the run's.</param>
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
        var configurations = CreateConfigurations(options, server.CreatePermits(options));
        options.MarkStarted();

        var binder = new ListenerBinder(options.Transport, configurations, server._logger, server._stopping.Token);
        server._listeners = await binder.BindAllAsync(options.Endpoints, cancellationToken);
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
    /// Stops: no more clients are accepted, handlers are told (<c>connection.StopRequested</c>) and may finish for
    /// <see cref="SockeyeServerOptions.ShutdownTimeout"/>; then their connections are aborted. A second call waits for the first.
    /// </summary>
    /// <param name="cancellationToken">Ends the patience: what is still open is aborted now.</param>
    public async Task<StopResult> StopAsync(CancellationToken cancellationToken = default)
    {
        Task<StopResult> stop;
        lock (_stopLock)
            stop = _stop ??= _scheduler.RunAsync(StopCoreAsync);
        using var impatience = cancellationToken.UnsafeRegister(
            _ => _table.AbortAll(NotInTime("its patience was cut short")), null);
        return await stop;
    }

    /// <summary>Stops the server, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    /// <summary>All of its listeners are bound.</summary>
    private void StartAll()
    {
        EndPoints = GetEndPoints(_listeners);
        (_options.Transport as ILoggingTransport)?.UseLogger(_logger);
        StartLoadMonitor();
        foreach (var listener in _listeners)
            StartAccepting(listener);
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

    private static CloseReason NotInTime(string why) => new(
        ClosedBy.Local, CloseCause.Stop, CloseDirection.Both,
        $"the server was stopped and the handler did not finish in time ({why})");

    private async Task<StopResult> StopCoreAsync()
    {
        try
        {
            return await StopListenersAndConnectionsAsync();
        }
        finally
        {
            foreach (var listener in _listeners.Concat(_drains.Keys))
                RemoveFromMetrics(listener);
            // Null where the start has failed.
            if (_loadGauge is not null)
                LoadObservables.Remove(_loadGauge);
            _loadMonitor?.Dispose();
        }
    }

    private async Task<StopResult> StopListenersAndConnectionsAsync()
    {
        await _reloadLock.AcquireAsync(); // A reload that is under way ends first, and those behind it see that they come too late.
        _reloadLock.Release();
        _stopClock.Start();
        _logger.Guard("stopping", "the server", _stopping.Cancel);
        await Task.WhenAll(_listeners.Select(listener => listener.StopAcceptingAsync(_logger)));

        var drained = _table.RequestStop();
        await WaitAsync(drained, _options.ShutdownTimeout);
        var aborted = _table.AbortAll(NotInTime($"ShutdownTimeout is {_options.ShutdownTimeout}"));
        if (aborted > 0)
            await WaitAsync(drained, AbortTimeout);
        var left = _table.Count;
        if (left > 0)
            LogHandlersLeft(left);

        foreach (var listener in await WaitForDrainsAsync())
            await listener.DisposeAsync(_logger);
        var result = _table.Tally.ToResult(left);
        LogStopped(result.Drained, result.Aborted, result.CutShort);
        return result;
    }

    private async Task WaitAsync(Task drained, TimeSpan timeout) =>
        await drained.WaitAsync(timeout, _options.TimeProvider).WithoutThrowing();
}
