using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye;

/// <summary>How a <see cref="SockeyeClient"/> dials. Read once, when the client is made: later changes are not seen.</summary>
public sealed class SockeyeClientOptions
{
    private TimeSpan? _connectionAttemptDelay;

    /// <summary>What dials. Default: <see cref="SocketTransport.Shared"/>, on Linux too. A transport of your own gets the
    /// addresses of a name one after another (<see cref="ConnectionAttemptDelay"/>); what is to be said on a connection before
    /// its user gets it is better added by <c>Use</c>, which runs once.</summary>
    public IConnectionFactory Transport { get; set; } = SocketTransport.Shared;

    /// <summary>
    /// How long a connect may take as a whole: the name and all of its addresses. Default 10 s, above zero, at most one day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>: then a peer that never answers is waited for as long as the system does
    /// (about two minutes on Linux).
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The local address and port to dial from: <c>bind()</c> before <c>connect()</c>. Default null: the system chooses. Port 0
    /// is any free port. Only addresses of the same family are tried; with a fixed port, one after another.
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>
    /// Finds the addresses of one family (<see cref="AddressFamily.InterNetworkV6"/>, <see cref="AddressFamily.InterNetwork"/>)
    /// of a name, in the order they should be tried; empty when it has none. Asked for both families at once. Default null: the
    /// transport's own names where it has them, otherwise the system's.
    /// </summary>
    public Func<string, AddressFamily, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>>? Resolver { get; set; }

    /// <summary>
    /// How long one address may stay silent before the next is tried as well. Default 250 ms with the transports of Sockeye;
    /// range 10 ms to 2 s (RFC 8305, sections 5 and 8), or <see cref="Timeout.InfiniteTimeSpan"/>: the next is tried when one has
    /// failed. Low values open connections that are not needed.
    /// </summary>
    /// <remarks>
    /// With every other transport the default is infinite: it may say something before it returns a connection, and must not say
    /// it to two servers. While an address of this machine is dialled, or from a fixed local port, the next one waits in any
    /// case.
    /// </remarks>
    public TimeSpan ConnectionAttemptDelay
    {
        get => _connectionAttemptDelay
            ?? (Transport is ILocalEndPointConnectionFactory ? TimeSpan.FromMilliseconds(250) : Timeout.InfiniteTimeSpan);
        set => _connectionAttemptDelay = value;
    }

    /// <summary>
    /// How long IPv4 addresses wait for the IPv6 addresses of the same name. Default 50 ms, range 0 to 2 s (RFC 8305, sections
    /// 3 and 8).
    /// </summary>
    public TimeSpan ResolutionDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The delays of <c>ReconnectAsync</c>.</summary>
    public ReconnectOptions Reconnect { get; private set; } = new();

    /// <summary>
    /// Closes connections that do nothing, do too little or last too long. Default: none does, unlike at a server: whom a client
    /// connects to is its own choice, and to wait in silence for what comes is what many are for. Times run from the connect on.
    /// </summary>
    public ConnectionTimeouts Timeouts { get; private set; } = ConnectionTimeouts.CreateDisabled();

    /// <summary>
    /// All of the client's timeouts and delays go by it. Default: the transport's where it has one (a simulated network),
    /// otherwise the system's.
    /// </summary>
    public TimeProvider TimeProvider
    {
        get => field ?? Scheduling.GetTimeProvider(Transport);
        set => field = value ?? throw new ArgumentNullException(nameof(TimeProvider));
    }

    /// <summary>Where reconnects are logged. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>
    /// Draws the jitter of delays. Default: the transport's where it has one (a simulated network), otherwise
    /// <c>Random.Shared</c>. A seeded one is used under a lock.
    /// </summary>
    public Random Random
    {
        get => field ?? Scheduling.GetRandom(Transport);
        set => field = value ?? throw new ArgumentNullException(nameof(Random));
    }

    /// <summary>What happens to a connection that stands, in order.</summary>
    internal IReadOnlyList<ClientLayer> Layers { get; private set; } = [];

    /// <summary>Time limits of many connections.</summary>
    internal CoarseTimer Timer => field ??= new(
        TimeProvider,
        error => new QuietLogger(LoggerFactory.CreateLogger("Sockeye.Client"))
            .LogOutsideException(error, "serving a time limit", "a client"));

    /// <summary>
    /// Does something with every connection once it stands and before its user gets it: says a greeting, asks for STARTTLS. Runs
    /// once a connect, on the one that is used, also where several addresses were dialled.
    /// </summary>
    /// <remarks>
    /// It comes after a PROXY header; before TLS where <c>UseTls</c> is called after it, on the encrypted connection where
    /// <c>UseTls</c> was called before. Several run in the order they were added. When it throws, the connection is aborted and
    /// the connect fails with that exception; <c>ReconnectAsync</c> tries again after an <see cref="IOException"/>.
    /// </remarks>
    /// <param name="step">Given the connection; answers the one to go on with, the same or one that wraps and owns it. It has
    /// <see cref="ConnectTimeout"/> of its own.</param>
    public SockeyeClientOptions Use(Func<ConnectionContext, CancellationToken, ValueTask<ConnectionContext>> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        var isEncrypted = Layers.Any(layer => layer.Stage is ClientStage.Tls);
        return Use(ClientStep.CreateLayer(this, step, isEncrypted ? ClientStage.Encrypted : ClientStage.Clear));
    }

    /// <summary>Adds something to do with every connection, in the order that makes sense on the wire.</summary>
    /// <exception cref="InvalidOperationException">It is there already.</exception>
    internal SockeyeClientOptions Use(ClientLayer layer)
    {
        if (layer.Stage is not (ClientStage.Clear or ClientStage.Encrypted) && Layers.Any(other => other.Stage == layer.Stage))
            throw new InvalidOperationException($"The client has {layer.Name} already: call it once.");
        Layers = [.. Layers.Append(layer).OrderBy(each => each.Stage)];
        return this;
    }

    /// <summary>A copy that no longer changes, or an exception that names the option that is wrong.</summary>
    internal SockeyeClientOptions TakeCopy()
    {
        ArgumentNullException.ThrowIfNull(Transport);
        ArgumentNullException.ThrowIfNull(LoggerFactory);
        var longest = TimeSpan.FromDays(1);
        if (ConnectTimeout != Timeout.InfiniteTimeSpan && (ConnectTimeout <= TimeSpan.Zero || ConnectTimeout > longest))
            throw Wrong(nameof(ConnectTimeout), "above zero and at most one day, or Timeout.InfiniteTimeSpan", ConnectTimeout);
        if (ConnectionAttemptDelay != Timeout.InfiniteTimeSpan && ConnectionAttemptDelay.TotalSeconds is < 0.01 or > 2)
        {
            throw Wrong(
                nameof(ConnectionAttemptDelay), "10 ms to 2 s (RFC 8305), or Timeout.InfiniteTimeSpan", ConnectionAttemptDelay);
        }

        if (ResolutionDelay.TotalSeconds is < 0 or > 2)
            throw Wrong(nameof(ResolutionDelay), "0 to 2 s (RFC 8305)", ResolutionDelay);
        if (LocalEndPoint is not null && Transport is not ILocalEndPointConnectionFactory)
        {
            throw new NotSupportedException(
                $"LocalEndPoint is {LocalEndPoint}, but {Transport.GetType().Name} cannot choose a local endpoint: "
                    + "use SocketTransport, or leave LocalEndPoint null.");
        }

        if (EndPoints.DescribeSourceProblem(LocalEndPoint) is { } problem)
            throw new ArgumentException(problem, nameof(LocalEndPoint));
        var copy = (SockeyeClientOptions)MemberwiseClone();
        copy.LocalEndPoint = (IPEndPoint?)EndPoints.Unmap(LocalEndPoint);
        copy.Reconnect = Reconnect.Checked();
        copy.Timeouts = Timeouts.Copy();
        return copy;
    }

    private static ArgumentException Wrong(string option, string range, TimeSpan value) =>
        new($"{option} must be {range}, but is {value}.");
}
