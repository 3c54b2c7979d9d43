using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

/// <summary>
/// The fast transport: engine threads on io_uring or epoll, each with connections of its own. Where neither can run it is the
/// portable transport, and says so.
/// </summary>
/// <remarks>
/// Safe from many callers. Its threads start with the first endpoint that is bound or dialled. Unix sockets are always served by
/// the portable transport.
/// </remarks>
public sealed partial class LinuxTransport
    : IConnectionListenerFactory, ILocalEndPointConnectionFactory, ILoggingTransport, ISchedulingTransport,
        IBlockingTransport, INamedTransport, IAsyncDisposable
{
    private static readonly Lazy<LinuxTransport> LazyShared = new(static () => new(new(), isShared: true));

    private readonly SocketTransportOptions _sockets;
    private readonly SocketTransport _portable;
    private readonly int _threadCount;
    private readonly bool _reusesPort;
    private readonly bool _isShared;
    private readonly HandlerWatchdog? _watchdog;
    private readonly EngineErrorLog _errorLog = new();
    private readonly Lock _lock = new();
    private volatile EngineSelection _selection;
    private EngineGroup? _engine;
    private bool _isDisposed;

    /// <summary>A transport with the given options, or the defaults. Later changes of the options have no effect.</summary>
    /// <exception cref="PlatformNotSupportedException">The engine asked for cannot run here; the message says why.</exception>
    /// <exception cref="InvalidOperationException">The environment variable <c>SOCKEYE_ENGINE</c> names no engine.</exception>
    public LinuxTransport(LinuxTransportOptions? options = null) : this(options ?? new(), isShared: false)
    {
    }

    private LinuxTransport(LinuxTransportOptions options, bool isShared)
    {
        _isShared = isShared;
        _sockets = options.Sockets.Copy();
        _portable = new(_sockets);
        _selection = EngineSelection.Select(options.Engine);
        if (Engine is LinuxEngine.Sockets)
            return;
        _threadCount = options.ThreadCount ?? EngineStarter.GetDefaultThreadCount(_sockets.UnsafePreferInlineScheduling);
        _reusesPort = options.AcceptMode is LinuxAcceptMode.ReusePort;
        if (_sockets.UnsafePreferInlineScheduling)
            _watchdog = new(_sockets.TimeProvider, () => Volatile.Read(ref _engine)?.Threads ?? []);
    }

    /// <summary>
    /// The transport with all options at their defaults, shared by everything in the process, and by servers that name none. It
    /// lives as long as the process: disposing of it does nothing.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">
    /// The environment variable <c>SOCKEYE_ENGINE</c> asks for an engine that cannot run here.
    /// </exception>
    /// <exception cref="InvalidOperationException">The environment variable <c>SOCKEYE_ENGINE</c> names no engine.</exception>
    public static LinuxTransport Shared => LazyShared.Value;

    /// <summary>
    /// The engine in use, never <see cref="LinuxEngine.Auto"/>. Where nobody asked for io_uring, it gives way to epoll if the
    /// first endpoint finds no memory for its rings.
    /// </summary>
    public LinuxEngine Engine => _selection.Engine;

    /// <summary>Why this engine and not another, as a sentence without a full stop.</summary>
    public string EngineReason => _selection.Reason;

    /// <summary>Memory for data that connections hold now, in blocks of 4 KiB.</summary>
    internal long RentedBlockCount =>
        ((Volatile.Read(ref _engine)?.RentedBytes ?? 0) + SegmentPool.SmallSize - 1) / SegmentPool.SmallSize;

    /// <summary>How its engine threads are set up, for a test.</summary>
    internal Func<LinuxEngine, SocketTransportOptions, EngineSetup> CreateSetup { get; init; } =
        static (engine, sockets) => new(engine, sockets);

    PipeScheduler ISchedulingTransport.Scheduler =>
        Engine is LinuxEngine.Sockets ? PipeScheduler.ThreadPool
        : _sockets.UnsafePreferInlineScheduling ? HandlerScheduler.Inline
        : HandlerScheduler.HandlerThread;

    string INamedTransport.Name => EngineNames.GetName(Engine);

    string INamedTransport.Reason => EngineReason;

    IReadOnlyList<BlockingHandler> IBlockingTransport.BlockingHandlers => _watchdog?.BlockingHandlers ?? [];

    /// <summary>Called by its name by the core's <c>DefaultTransport</c>.</summary>
    internal static LinuxTransport WithSockets(SocketTransportOptions sockets, int? threadCount) =>
        new(new() { Sockets = sockets, ThreadCount = threadCount });

    /// <inheritdoc cref="SocketTransport.BindAsync"/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        endpoint = EndPoints.ToListen(endpoint);
        if (GetEngine(endpoint) is not { } engine)
            return _portable.BindAsync(endpoint, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return engine.ListenAsync(endpoint);
    }

    /// <inheritdoc cref="SocketTransport.ConnectAsync(EndPoint, CancellationToken)"/>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ConnectAsync(endpoint, null, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ConnectAsync(remote, local, cancellationToken);

    /// <summary>
    /// Stops listening and ends the engine threads; connections that are still open are aborted. Of <see cref="Shared"/> nothing
    /// ends: it belongs to everybody.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        if (_isShared)
            return default;
        _watchdog?.Dispose();
        lock (_lock)
        {
            _isDisposed = true;
            return _engine is null ? default : new(_engine.StopAsync());
        }
    }

    void ILoggingTransport.UseLogger(ILogger logger)
    {
        var inline = _sockets.UnsafePreferInlineScheduling;
        LogEngine(logger, EngineNames.GetName(Engine), EngineReason, _threadCount, inline ? "on them" : "beside them");
        if (_sockets.Backlog is { } backlog && BacklogLimit.Read() is { } limit && limit < backlog)
            LogBacklogCut(logger, backlog, limit);
        _watchdog?.LogTo(logger);
        _errorLog.LogTo(logger);
    }

    /// <summary>Null where the portable transport is to do it.</summary>
    private EngineGroup? GetEngine(EndPoint endpoint)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Engine is LinuxEngine.Sockets || endpoint is not IPEndPoint ? null : _engine ??= Start();
        }
    }

    private EngineGroup Start()
    {
        try
        {
            return StartThreads();
        }
        catch (EngineException e)
        {
            if (!_selection.MayFallBack)
                throw new PlatformNotSupportedException($"io_uring ({_selection.Reason}) cannot run here: {e.Message}", e);
            _selection = EngineSelection.FallBackToEpoll(e.Message);
            return StartThreads();
        }
    }

    private EngineGroup StartThreads()
    {
        var setup = CreateSetup(Engine, _sockets);
        setup.ErrorLog = _errorLog;
        return EngineStarter.Start(setup, _threadCount, _reusesPort);
    }

    private async ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        (remote, local) = (EndPoints.ToConnect(remote), EndPoints.Unmap(local));
        if (GetEngine(remote) is not { } engine)
            return await _portable.ConnectAsync(remote, local, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return await Connector.ConnectAsync(engine, remote, local, cancellationToken).ConfigureAwait(false);
    }
}
