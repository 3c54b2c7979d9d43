using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye;

/// <summary>The options of a <see cref="SockeyeClient"/>, which copies them when it is created.</summary>
public sealed class SockeyeClientOptions
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    private TimeSpan? _connectionAttemptDelay;

    /// <summary>
    /// Gets or sets the transport, which connects. Default: that of the servers of this process if they use
    /// <see cref="Transports.DefaultTransport.Shared"/> or a client has opened 256 connections or more by one
    /// <c>ConnectManyAsync</c>, otherwise <see cref="SocketTransport.Shared"/>; each connect decides, and the log has the reason.
    /// </summary>
    /// <remarks>
    /// A transport of your own gets the addresses of a name one after another (<see cref="ConnectionAttemptDelay"/>). To exchange
    /// bytes before a connection is used, prefer <c>Use</c>, which runs once per connect.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IConnectionFactory Transport
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(Transport));
    } = ClientTransport.Shared;

    /// <summary>
    /// Gets or sets the maximum duration of a connect, which includes resolving the name and trying all of its addresses.
    /// Default: 10 s. Range: 1 ms to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>: then the timeout of the system applies
    /// (about two minutes on Linux).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan ConnectTimeout
    {
        get;
        set => field = OptionChecks.InRangeOrInfinite(value, MinTimeout, MaxTimeout);
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the local address and port to connect from: <c>bind()</c> before <c>connect()</c>. Default: null, the system
    /// chooses. Port 0 means any free port. The client tries only addresses of the same family; with a fixed port, one after
    /// another.
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>
    /// Gets or sets a function that returns the addresses of a name in one family
    /// (<see cref="AddressFamily.InterNetworkV6"/>, <see cref="AddressFamily.InterNetwork"/>), in the order to try them; an empty
    /// list if there are none. The client calls it for both families at once. Default: null, the resolver of the transport if it
    /// has one, otherwise that of the system.
    /// </summary>
    public Func<string, AddressFamily, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>>? Resolver { get; set; }

    /// <summary>
    /// Gets or sets the time that one address may stay silent before the client tries the next as well. Default: 250 ms with the
    /// transports of Sockeye. Range: 10 ms to 2 s (RFC 8305, sections 5 and 8), or <see cref="Timeout.InfiniteTimeSpan"/>: the
    /// client tries the next when one has failed. Low values open connections that are not needed.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    /// <remarks>
    /// With any other transport the default is infinite: it may send something before it returns a connection, and must not send
    /// it to two servers. The next address always waits while the client connects to an address of this machine, or from a fixed
    /// local port.
    /// </remarks>
    public TimeSpan ConnectionAttemptDelay
    {
        get => _connectionAttemptDelay
            ?? (Transport is ILocalEndPointConnectionFactory ? TimeSpan.FromMilliseconds(250) : Timeout.InfiniteTimeSpan);
        set => _connectionAttemptDelay = OptionChecks.InRangeOrInfinite(
            value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(2));
    }

    /// <summary>
    /// Gets or sets the time that IPv4 addresses wait for the IPv6 addresses of the same name. Default: 50 ms. Range: 0 to 2 s
    /// (RFC 8305, sections 3 and 8).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan ResolutionDelay
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    } = TimeSpan.FromMilliseconds(50);

    /// <summary>Gets the options of <c>ReconnectAsync</c>.</summary>
    public ReconnectOptions Reconnect { get; private set; } = new();

    /// <summary>
    /// Gets the timeouts of connections that are idle, slow or old. Default: off, unlike at a server: a client selects its
    /// server, and many clients only wait for messages. Times start at the connect.
    /// </summary>
    public ConnectionTimeouts Timeouts { get; private set; } = ConnectionTimeouts.CreateDisabled();

    /// <summary>
    /// Gets or sets the clock of the client's timeouts and delays. Default: that of the transport if it has one (a simulated
    /// network), otherwise the system's.
    /// </summary>
    public TimeProvider TimeProvider
    {
        get => field ?? Scheduling.GetTimeProvider(Transport);
        set => field = value ?? throw new ArgumentNullException(nameof(TimeProvider));
    }

    /// <summary>Gets or sets the factory of the logger for the transport and for reconnects. Default: no logging.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public ILoggerFactory LoggerFactory
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(LoggerFactory));
    } = NullLoggerFactory.Instance;

    /// <summary>
    /// Gets or sets the source of the jitter of delays. Default: that of the transport if it has one (a simulated network),
    /// otherwise <c>Random.Shared</c>. The client uses a seeded one under a lock.
    /// </summary>
    public Random Random
    {
        get => field ?? Scheduling.GetRandom(Transport);
        set => field = value ?? throw new ArgumentNullException(nameof(Random));
    }

    /// <summary>The layers that are applied to a connection before it is used, in order.</summary>
    internal IReadOnlyList<ClientLayer> Layers { get; private set; } = [];

    /// <summary>
    /// Adds a step that runs on each connection before it is used, such as a greeting or STARTTLS. It runs once per connect, on
    /// the connection that is used, even if the client tried several addresses.
    /// </summary>
    /// <remarks>
    /// A step runs after a PROXY header. It runs before TLS if <c>UseTls</c> is called after it, and on the encrypted connection
    /// if <c>UseTls</c> is called before it. Steps run in the order they were added. If a step throws, the client aborts the
    /// connection and the connect fails with that exception; <c>ReconnectAsync</c> retries after an <see cref="IOException"/>.
    /// </remarks>
    /// <param name="step">Gets the connection and returns the one to continue with: the same, or one that wraps and owns it. A
    /// separate <see cref="ConnectTimeout"/> applies to it.</param>
    public SockeyeClientOptions Use(Func<ConnectionContext, CancellationToken, ValueTask<ConnectionContext>> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        var isEncrypted = Layers.Any(layer => layer.Stage is ClientStage.Tls);
        return Use(ClientStep.CreateLayer(step, isEncrypted ? ClientStage.Encrypted : ClientStage.Clear));
    }

    /// <summary>Adds a layer, in the order of the stages.</summary>
    /// <exception cref="InvalidOperationException">The client has a layer of this stage already.</exception>
    internal SockeyeClientOptions Use(ClientLayer layer)
    {
        if (layer.Stage is not (ClientStage.Clear or ClientStage.Encrypted) && Layers.Any(other => other.Stage == layer.Stage))
            throw new InvalidOperationException($"The client has {layer.Name} already. Call it once.");
        Layers = [.. Layers.Append(layer).OrderBy(each => each.Stage)];
        return this;
    }

    /// <summary>Returns a copy that later changes do not affect.</summary>
    /// <exception cref="ArgumentException">Two options contradict each other, or the local endpoint is not one to connect
    /// from.</exception>
    /// <exception cref="NotSupportedException">The transport cannot bind a local endpoint.</exception>
    internal SockeyeClientOptions TakeCopy()
    {
        if (LocalEndPoint is not null && Transport is not ILocalEndPointConnectionFactory)
        {
            throw new NotSupportedException(
                $"LocalEndPoint is {LocalEndPoint}, but {Transport.GetType().Name} cannot choose a local endpoint: "
                    + "use SocketTransport, or leave LocalEndPoint null.");
        }

        if (EndPoints.DescribeSourceProblem(LocalEndPoint) is { } problem)
            throw new ArgumentException(problem, nameof(LocalEndPoint));
        var copy = OptionCopier.ShallowCopy(this);
        copy.LocalEndPoint = (IPEndPoint?)EndPoints.Unmap(LocalEndPoint);
        copy.Reconnect = Reconnect.TakeCopy();
        copy.Timeouts = Timeouts.Copy().Seal();
        return copy;
    }
}
