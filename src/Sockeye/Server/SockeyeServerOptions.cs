using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye;

/// <summary>The options of a <see cref="SockeyeServer"/>: its endpoints, limits and timeouts, and the objects that it
/// uses.</summary>
/// <remarks>
/// A server takes its options when it starts. From then on they are sealed: setting an option, or adding an endpoint or
/// middleware, throws <see cref="InvalidOperationException"/>. To change a running server, pass new options to
/// <see cref="SockeyeServer.ReloadAsync(SockeyeServerOptions, CancellationToken)"/>. Not safe for concurrent callers.
/// </remarks>
public sealed class SockeyeServerOptions
{
    /// <summary>Below the longest wait of a system timer, which is about 49 days.</summary>
    private static readonly TimeSpan MaxShutdownTimeout = TimeSpan.FromDays(30);

    private readonly List<ListenOptions> _endpoints = [];
    private IConnectionListenerFactory? _transport;
    private IServiceProvider? _services;
    private TimeProvider? _time;
    private Random? _random;
    private ILoggerFactory? _log;
    private int? _maxClosedHistory;

    /// <summary>
    /// Gets or sets the transport, which binds and accepts. Default: <c>LinuxTransport.Shared</c> on Linux if the program
    /// contains the assembly Sockeye.Linux, otherwise <see cref="SocketTransport.Shared"/>.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public IConnectionListenerFactory Transport
    {
        get => _transport ?? DefaultTransport.Shared;
        set => _transport = NotNull(value);
    }

    /// <summary>Gets or sets the maximum time that handlers have to finish when the server stops or their endpoint is removed.
    /// Default: 5 s. Range: 0 to 30 days, or <see cref="Timeout.InfiniteTimeSpan"/>. After that time, the remaining connections
    /// are aborted.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public TimeSpan ShutdownTimeout
    {
        get;
        set => field = Unsealed(OptionChecks.InRangeOrInfinite(value, TimeSpan.Zero, MaxShutdownTimeout));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the timeouts of connections. By default, a connection is closed after 10 minutes without traffic, and after 1 minute
    /// in which the peer reads none of the data that waits for it. <c>listen.UseTimeouts(…)</c> changes them for one endpoint.
    /// </summary>
    public ConnectionTimeouts Timeouts { get; } = new();

    /// <summary>Gets or sets the maximum number of open connections over all endpoints. Default: 100,000. Range: at least 1.
    /// <see cref="AtMaxConnections"/> decides what happens to excess clients.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public int MaxConnections { get; set => field = Unsealed(OptionChecks.AtLeast(value, 1)); } = 100_000;

    /// <summary>Gets or sets the action for clients while <see cref="MaxConnections"/> connections are open. Default:
    /// <see cref="LimitAction.Reset"/>: the client knows at once, and may try another server. The log reports it once, until a
    /// client is served again.</summary>
    /// <remarks>
    /// With <see cref="LimitAction.LeaveInBacklog"/>, the server does not accept excess clients. A server with several listeners
    /// (localhost has two) may accept one more connection per listener, which is served when a permit is free.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public LimitAction AtMaxConnections { get; set => field = NotNull(value); } = LimitAction.Reset;

    /// <summary>Gets or sets the maximum number of ended connections that <see cref="SockeyeServer.GetClosedConnections"/>
    /// returns, the last ones. Default: 256. Range: 0 to 100,000. Each costs about 300 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public int MaxClosedHistory
    {
        get => _maxClosedHistory ?? 256;
        set => _maxClosedHistory = Unsealed(OptionChecks.InRange(value, 0, 100_000));
    }

    /// <summary>
    /// Gets or sets the services from which <see cref="ListenOptions.Run{THandler}"/> takes the arguments of a handler's
    /// constructor. Default: no services.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public IServiceProvider ApplicationServices
    {
        get => _services ?? EmptyServices.Instance;
        set => _services = NotNull(value);
    }

    /// <summary>Gets or sets the clock of all timeouts. Default: that of the transport if it has one (a simulated network),
    /// otherwise the system's.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public TimeProvider TimeProvider
    {
        get => _time ?? Scheduling.GetTimeProvider(Transport);
        set => _time = NotNull(value);
    }

    /// <summary>Gets or sets the source of the jitter of delays. Default: that of the transport if it has one (a simulated
    /// network), otherwise <c>Random.Shared</c>. The server uses a seeded one under a lock.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public Random Random
    {
        get => _random ?? Scheduling.GetRandom(Transport);
        set => _random = NotNull(value);
    }

    /// <summary>Gets or sets the factory of the server's loggers. Default: no logging. docs/observability.md lists the event
    /// ids.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public ILoggerFactory LoggerFactory
    {
        get => _log ?? NullLoggerFactory.Instance;
        set => _log = NotNull(value);
    }

    /// <summary>Gets the endpoints, in the order in which they were added.</summary>
    public IReadOnlyList<ListenOptions> Endpoints => _endpoints;

    /// <summary>Moves the listeners from and to other processes. Null: the server binds and unbinds.</summary>
    internal IServerHandover? Handover { get; set => field = Unsealed(value); }

    /// <summary>The sockets that the process got when it started. Null: none.</summary>
    internal IInheritedSource? InheritedSource { get; set => field = Unsealed(value); }

    /// <summary>Whether a server has taken the options.</summary>
    internal bool IsSealed { get; private set; }

    /// <summary>Listens on an address. Port 0 takes a free port. An IPv4-mapped address becomes IPv4.</summary>
    /// <param name="endpoint">An <see cref="IPEndPoint"/>, a <see cref="UnixDomainSocketEndPoint"/>, or another type that the
    /// transport supports.</param>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public ListenOptions Listen(EndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return Add(new(this, EndPoints.Unmap(endpoint)!));
    }

    /// <summary>
    /// Listens on 127.0.0.1 and, if the system has IPv6, on ::1, with one port for both.
    /// </summary>
    /// <param name="port">The port. Range: 0 to 65535; 0 takes a free port.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="port"/> is outside the range.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public ListenOptions ListenLocalhost(int port) =>
        Add(new(this, new IPEndPoint(IPAddress.Loopback, OptionChecks.Port(port, nameof(port))), isLocalhost: true));

    /// <summary>
    /// Listens on every address of the machine: IPv4 and IPv6, with one dual-stack socket.
    /// </summary>
    /// <param name="port">The port. Range: 0 to 65535; 0 takes a free port.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="port"/> is outside the range.</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
    public ListenOptions ListenAnyIP(int port)
    {
        var any = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        return Add(new(this, new IPEndPoint(any, OptionChecks.Port(port, nameof(port)))));
    }

    /// <summary>Listens on a Unix socket. A socket file that an ended server left at the path is replaced; any other file is an
    /// error. The server deletes its file when it stops.</summary>
    /// <param name="path">The path: absolute, or relative to the current directory. A path that starts with NUL is an abstract
    /// name of Linux, which has no file: unix(7).</param>
    /// <exception cref="ArgumentException">The path is empty, ends with a slash, or is longer than the system allows (107 bytes
    /// on Linux).</exception>
    /// <exception cref="InvalidOperationException">A server uses these options.</exception>
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

    /// <exception cref="InvalidOperationException">A server has taken the options.</exception>
    internal void ThrowIfTaken()
    {
        if (IsSealed)
        {
            throw new InvalidOperationException(
                "These options belong to a server that was started. Create new options for another one.");
        }
    }

    /// <summary>Ends changes: a server has taken the options.</summary>
    internal void Seal()
    {
        ThrowIfTaken();
        IsSealed = true;
        Timeouts.Seal();
    }

    /// <summary>Gives each option that continues over a reload, and is not set here, the value of the running server.</summary>
    internal void InheritFrom(ServerConfiguration running)
    {
        _transport ??= running.Transport;
        _time ??= running.TimeProvider;
        _log ??= running.LoggerFactory;
        _random ??= running.Random;
        _services ??= running.ApplicationServices;
        _maxClosedHistory ??= running.MaxClosedHistory;
        InheritedSource ??= running.InheritedSource;
    }

    private T NotNull<T>(T value, [CallerMemberName] string option = "")
        where T : class => Unsealed(value ?? throw new ArgumentNullException(option), option);

    private T Unsealed<T>(T value, [CallerMemberName] string option = "")
    {
        OptionChecks.ThrowIfSealed(IsSealed, option);
        return value;
    }

    private ListenOptions Add(ListenOptions listen)
    {
        if (IsSealed)
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
