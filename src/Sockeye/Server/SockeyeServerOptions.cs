using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye;

/// <summary>Where a <see cref="SockeyeServer"/> listens, and how it runs. Read when the server starts.</summary>
public sealed class SockeyeServerOptions
{
    private readonly List<ListenOptions> _endpoints = [];
    private IConnectionListenerFactory? _transport;
    private IServiceProvider? _services;
    private TimeProvider? _time;
    private Random? _random;
    private ILoggerFactory? _log;
    private int? _maxClosedHistory;
    private CoarseTimer? _timer;

    /// <summary>
    /// What binds and accepts. Default: on Linux <c>LinuxTransport.Shared</c> where the assembly Sockeye.Linux lies beside the
    /// program, otherwise <see cref="SocketTransport.Shared"/>.
    /// </summary>
    public IConnectionListenerFactory Transport
    {
        get => _transport ?? DefaultTransport.Shared;
        set => _transport = value ?? throw new ArgumentNullException(nameof(Transport));
    }

    /// <summary>How long handlers may take to finish after a stop is asked for, default 5 s; then their connections are aborted.
    /// Range: 0 and up, or <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan ShutdownTimeout
    {
        get;
        set => field = value >= TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(ShutdownTimeout), value, "ShutdownTimeout must be zero or longer, or infinite.");
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the timeouts of connections. By default, a connection is closed after 10 minutes without traffic, and after 1 minute
    /// in which the peer reads none of the data that waits for it. <c>listen.UseTimeouts(…)</c> changes them for one endpoint.
    /// </summary>
    public ConnectionTimeouts Timeouts { get; } = new();

    /// <summary>Gets or sets the maximum number of open connections over all endpoints. Default: 100,000. Range: at least 1.
    /// <see cref="AtMaxConnections"/> decides what happens to excess clients.</summary>
    public int MaxConnections
    {
        get;
        set => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxConnections), value, "MaxConnections must be 1 or more.");
    } = 100_000;

    /// <summary>Gets or sets what happens to clients while <see cref="MaxConnections"/> connections are open. Default:
    /// <see cref="LimitAction.Reset"/>: the client knows at once, and may try another server. The log reports it once, until a
    /// client is served again.</summary>
    /// <remarks>
    /// With <see cref="LimitAction.LeaveInBacklog"/> no client is accepted then. A server with several listeners (localhost has
    /// two) may hold one more a listener, accepted at the same moment, which is served when its turn comes.
    /// </remarks>
    public LimitAction AtMaxConnections
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(AtMaxConnections));
    } = LimitAction.Reset;

    /// <summary>How many connections that have ended are kept for <see cref="SockeyeServer.GetClosedConnections"/>, default 256:
    /// the last ones, about 300 bytes each. Range: 0 (none) to 100,000.</summary>
    public int MaxClosedHistory
    {
        get => _maxClosedHistory ?? 256;
        set => _maxClosedHistory = value is >= 0 and <= 100_000
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(MaxClosedHistory), value, "MaxClosedHistory must be 0 (keep none) to 100,000.");
    }

    /// <summary>
    /// Where <see cref="ListenOptions.Run{THandler}"/> finds what a handler's constructor asks for; default: nothing.
    /// </summary>
    public IServiceProvider ApplicationServices
    {
        get => _services ?? EmptyServices.Instance;
        set => _services = value;
    }

    /// <summary>The clock of all timeouts; default: the transport's where it has one (a simulated network), otherwise the
    /// system's.</summary>
    public TimeProvider TimeProvider
    {
        get => _time ?? Scheduling.GetTimeProvider(Transport);
        set => _time = value ?? throw new ArgumentNullException(nameof(TimeProvider));
    }

    /// <summary>Spreads back-off delays; default: the transport's where it has one (a simulated network), otherwise
    /// <c>Random.Shared</c>. A seeded one is used under a lock.</summary>
    public Random Random
    {
        get => _random ?? Scheduling.GetRandom(Transport);
        set => _random = value ?? throw new ArgumentNullException(nameof(Random));
    }

    /// <summary>Where the server logs, default nowhere. Event ids are in docs/observability.md.</summary>
    public ILoggerFactory LoggerFactory
    {
        get => _log ?? NullLoggerFactory.Instance;
        set => _log = value;
    }

    /// <summary>Gets the endpoints that were added, in the order in which they were added.</summary>
    public IReadOnlyList<ListenOptions> Endpoints => _endpoints;

    /// <summary>Time limits of many connections. Its clock is the one that is set when it is first asked for: at start.</summary>
    internal CoarseTimer Timer => _timer ??= new(
        TimeProvider,
        error => new SafeLogger(LoggerFactory.CreateLogger("Sockeye.Server"))
            .LogOutsideException(error, "serving a time limit", "the server"));

    internal bool IsStarted { get; private set; }

    /// <summary>Listens on one address, as given: <see cref="IPEndPoint"/>, <see cref="UnixDomainSocketEndPoint"/>, or what the
    /// transport knows besides. Port 0 takes a free one. An IPv4-mapped address becomes IPv4.</summary>
    public ListenOptions Listen(EndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return Add(new(this, EndPoints.Unmap(endpoint)!));
    }

    /// <summary>
    /// Listens on 127.0.0.1 and on ::1 (where the system has IPv6), with one port for both. Port 0 takes a free one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The port is not from 0 to 65535.</exception>
    public ListenOptions ListenLocalhost(int port) =>
        Add(new(this, new IPEndPoint(IPAddress.Loopback, CheckPort(port)), isLocalhost: true));

    /// <summary>
    /// Listens on every address of the machine, IPv4 and IPv6 (one dual-stack socket). Port 0 takes a free one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The port is not from 0 to 65535.</exception>
    public ListenOptions ListenAnyIP(int port) =>
        Add(new(this, new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, CheckPort(port))));

    /// <summary>Listens on a Unix socket at this path. A socket that a dead server left there is replaced, everything else is
    /// left alone; the server's own file goes when it stops.</summary>
    /// <param name="path">Absolute, or relative to the current directory. One that begins with NUL is an abstract name of Linux,
    /// which has no file: unix(7).</param>
    /// <exception cref="ArgumentException">The path is empty, ends in a slash, or is longer than the system allows (107 bytes on
    /// Linux).</exception>
    /// <exception cref="PlatformNotSupportedException">The system has no Unix sockets.</exception>
    public ListenOptions ListenUnixSocket(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (UnixPathText.SystemProblem is { } problem)
        {
            throw new PlatformNotSupportedException(
                $"Cannot listen on {UnixPathText.Shown(path)}: {problem}. Listen on an IP address, as ListenLocalhost does.");
        }

        return Listen(UnixPathText.Parse(path, out var error)
            ?? throw new ArgumentException(
                $"Cannot listen on {UnixPathText.Shown(path)}: {error}. Choose another path.", nameof(path)));
    }

    internal void MarkStarted()
    {
        if (IsStarted)
            throw new InvalidOperationException(
                "These options belong to a server that was started. Make new options for another one.");
        IsStarted = true;
    }

    /// <summary>For a reload: what is not set goes on as it is, and what a running server cannot change is refused.</summary>
    internal void InheritFrom(SockeyeServerOptions running)
    {
        ThrowIfOther(_transport, running.Transport, nameof(Transport));
        ThrowIfOther(_time, running.TimeProvider, nameof(TimeProvider));
        ThrowIfOther(_log, running.LoggerFactory, nameof(LoggerFactory));
        ThrowIfOther(_maxClosedHistory, running.MaxClosedHistory, nameof(MaxClosedHistory));
        _maxClosedHistory = running.MaxClosedHistory;
        (_transport, _time, _log) = (running.Transport, running.TimeProvider, running.LoggerFactory);
        _random ??= running.Random;
        _services ??= running.ApplicationServices;
        _timer = running.Timer;
    }

    private static void ThrowIfOther(object? wanted, object running, string name)
    {
        if (wanted is not null && !wanted.Equals(running))
        {
            throw new InvalidOperationException(
                $"{name} cannot change while a server runs: leave it out of the reload's options, or start another server.");
        }
    }

    private static int CheckPort(int port) => port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort
        ? port
        : throw new ArgumentOutOfRangeException(nameof(port), port, "A port is from 0 (any free one) to 65535.");

    private ListenOptions Add(ListenOptions listen)
    {
        if (IsStarted)
            throw new InvalidOperationException($"The server runs already: {listen} cannot be added to it.");
        _endpoints.Add(listen);
        return listen;
    }

    private sealed class EmptyServices : IServiceProvider
    {
        public static EmptyServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;
    }
}
