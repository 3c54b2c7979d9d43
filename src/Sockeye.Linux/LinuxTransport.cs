using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

/// <summary>
/// The fast transport: engine threads on io_uring or epoll, each of which serves its own connections. If neither can run, it uses
/// the portable transport, and <see cref="EngineReason"/> has the reason.
/// </summary>
/// <remarks>
/// Safe for concurrent use. The threads start when the first endpoint is bound or connected to.
/// </remarks>
public sealed partial class LinuxTransport
    : IConnectionListenerFactory, ILocalEndPointConnectionFactory, ILoggingTransport, ISchedulingTransport,
        IBlockingTransport, ILivenessTransport, INamedTransport, IConnectionAttacher, IAsyncDisposable
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

    /// <summary>Creates a transport with the given options, which it copies.</summary>
    /// <param name="options">The options. Default: the default of each option.</param>
    /// <exception cref="PlatformNotSupportedException">The requested engine cannot run on this machine. The message has the
    /// reason.</exception>
    /// <exception cref="InvalidOperationException">The environment variable <c>SOCKEYE_ENGINE</c> does not name an
    /// engine.</exception>
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
    /// Gets the transport with the default options, which the process shares, and which servers use by default. It exists as long
    /// as the process: disposing it has no effect.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException"> The environment variable <c>SOCKEYE_ENGINE</c> requests an engine that
    /// cannot run on this machine. </exception>
    /// <exception cref="InvalidOperationException">The environment variable <c>SOCKEYE_ENGINE</c> does not name an
    /// engine.</exception>
    public static LinuxTransport Shared => LazyShared.Value;

    /// <summary>
    /// Gets the engine in use, never <see cref="LinuxEngine.Auto"/>. If io_uring was not requested, and there is no memory for
    /// its rings when the first endpoint is bound, the transport falls back to epoll.
    /// </summary>
    public LinuxEngine Engine => _selection.Engine;

    /// <summary>Gets the reason why this engine was selected, as a sentence without a full stop.</summary>
    public string EngineReason => _selection.Reason;

    /// <summary>The memory that connections hold for data, in blocks of 4 KiB.</summary>
    internal long RentedBlockCount =>
        ((Volatile.Read(ref _engine)?.RentedBytes ?? 0) + SegmentPool.SmallSize - 1) / SegmentPool.SmallSize;

    /// <summary>Creates the setup of the engine threads. Tests replace it.</summary>
    internal Func<LinuxEngine, SocketTransportOptions, EngineSetup> CreateSetup { get; init; } =
        static (engine, sockets) => new(engine, sockets);

    /// <summary>The settings of engine threads on io_uring. Tests change them.</summary>
    internal RingSettings RingSettings { get; init; } = RingSettings.Default;

    PipeScheduler ISchedulingTransport.Scheduler =>
        Engine is LinuxEngine.Sockets ? PipeScheduler.ThreadPool
        : _sockets.UnsafePreferInlineScheduling ? HandlerScheduler.Inline
        : HandlerScheduler.HandlerThread;

    string INamedTransport.Name => EngineNames.GetName(Engine);

    string INamedTransport.Reason => EngineReason;

    IReadOnlyList<BlockingHandler> IBlockingTransport.BlockingHandlers => _watchdog?.BlockingHandlers ?? [];

    Task ILivenessTransport.CheckThreadsAsync() => Task.WhenAll(
        (Volatile.Read(ref _engine)?.Threads ?? []).Select(thread => new ThreadCheck(thread).RunAsync()));

    /// <summary>Creates a transport with these options of sockets, and the defaults of all other options.</summary>
    /// <remarks><see cref="DefaultTransport.Create"/> calls this method by its name.</remarks>
    /// <param name="sockets">The options of its sockets. They are copied.</param>
    /// <param name="threadCount">The number of engine threads. Null: the default.</param>
    /// <inheritdoc cref="LinuxTransport(LinuxTransportOptions?)" path="/exception"/>
    public static LinuxTransport Create(SocketTransportOptions sockets, int? threadCount = null) =>
        new(new() { Sockets = sockets, ThreadCount = threadCount });

    /// <inheritdoc cref="SocketTransport.BindAsync"/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint is FileHandleEndPoint file)
            return BindDescriptorAsync(ListeningDescriptor.Duplicate(file), cancellationToken);
        endpoint = EndPoints.ToListen(endpoint);
        if (GetEngine(endpoint) is not { } engine)
            return _portable.BindAsync(endpoint, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return LinuxListener.BindAsync(endpoint, engine);
    }

    /// <inheritdoc cref="SocketTransport.ConnectAsync(EndPoint, CancellationToken)"/>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ConnectAsync(endpoint, null, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ConnectAsync(remote, local, cancellationToken);

    /// <summary>Continues a connection on its socket, on the engine thread with the fewest connections.</summary>
    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The transport was disposed.</exception>
    public ConnectionContext Attach(SafeHandle socket, MovedBytes stream)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(stream);
        return GetEngine() is { } engine
            ? Attachment.Attach(engine.Setup.Kernel, () => engine.TryReserve(), socket, stream)
            : _portable.Attach(socket, stream);
    }

    /// <summary>
    /// Stops listening and ends the engine threads; connections that are still open are aborted. What the portable transport
    /// serves is not affected: each listener and connection is disposed of by its owner. On <see cref="Shared"/> it has no
    /// effect.
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
        var isInline = _sockets.UnsafePreferInlineScheduling;
        Log.Engine(logger, EngineNames.GetName(Engine), EngineReason, _threadCount, isInline ? "on them" : "beside them");
        if (_sockets.Backlog is { } backlog && BacklogLimit.Read() is { } limit && limit < backlog)
            Log.BacklogCut(logger, backlog, limit);
        _watchdog?.UseLogger(logger);
        _errorLog.UseLogger(logger);
        ((ILoggingTransport)_portable).UseLogger(logger);
    }

    private async ValueTask<IConnectionListener> BindDescriptorAsync(
        ListeningDescriptor descriptor, CancellationToken cancellationToken)
    {
        using (descriptor)
            return await BindAsync(new InheritedEndPoint([descriptor]), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the engine for an endpoint; null if the portable transport serves it.</summary>
    private EngineGroup? GetEngine(EndPoint endpoint)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return endpoint is IPEndPoint or UnixDomainSocketEndPoint or InheritedEndPoint ? GetEngine() : null;
    }

    /// <summary>Returns the engine; null if the portable transport serves everything.</summary>
    private EngineGroup? GetEngine()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Engine is not LinuxEngine.Sockets ? _engine ??= StartEngineLocked() : null;
        }
    }

    private EngineGroup StartEngineLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The engine is started under the lock.");
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
        return EngineStarter.Start(setup, RingSettings, _threadCount, _reusesPort);
    }

    private async ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        (remote, local) = (EndPoints.ToConnect(remote), EndPoints.Unmap(local));
        if (GetEngine(remote) is not { } engine)
        {
            var connecting = local is null
                ? _portable.ConnectAsync(remote, cancellationToken)
                : ((ILocalEndPointConnectionFactory)_portable).ConnectAsync(remote, local, cancellationToken);
            return await connecting.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return await Connector.ConnectAsync(engine, remote, local, cancellationToken).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(4000, LogLevel.Information,
            "TCP is served by {Engine}: {Reason}. Engine threads: {ThreadCount}; handlers run {HandlersRun}.")]
        public static partial void Engine(
            ILogger logger, string engine, string reason, int threadCount, string handlersRun);

        [LoggerMessage(4001, LogLevel.Warning,
            "The backlog is {Limit} connections instead of {Backlog}, because the system caps it: raise the limit by " +
            "'sysctl -w net.core.somaxconn={Backlog}', or set a lower Backlog.")]
        public static partial void BacklogCut(ILogger logger, int backlog, int limit);
    }
}
