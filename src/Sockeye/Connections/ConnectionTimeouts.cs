namespace Sockeye;

/// <summary>
/// The timeouts of a connection. A connection that exceeds one is closed, with <see cref="CloseCause.Timeout"/> and a description
/// that names the option.
/// </summary>
/// <remarks>
/// <para>Timeouts are never early, and up to a tenth of a second late unless the option says otherwise. A connection without
/// pending data is closed in order (FIN); if data waits for the peer, it is reset (RST). The handler's reads throw
/// <see cref="Microsoft.AspNetCore.Connections.ConnectionAbortedException"/>, and its flushes return <c>IsCompleted</c>.</para>
/// <para>One timer serves all connections, and reading and writing do not touch it. Bytes are those on the wire: with TLS, the
/// encrypted ones.</para>
/// </remarks>
public sealed class ConnectionTimeouts
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(365);

    private bool _isSealed;

    internal ConnectionTimeouts()
    {
    }

    /// <summary>
    /// Gets or sets the time for which nothing may be received or sent. Default: 10 minutes for a server, infinite for a client.
    /// Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>, with which a silent peer keeps its connection open
    /// indefinitely.
    /// </summary>
    /// <remarks>
    /// Protocols that are silent for longer need a higher value, or a heartbeat. While data waits for the peer, the connection is
    /// not idle as long as the peer accepts some of it, which is checked for another quarter of the time.
    /// </remarks>
    public TimeSpan Idle { get; set => field = Validate(value, nameof(Idle)); } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets the time for which the peer may send nothing, whatever this side sends. Default: infinite. Up to a quarter
    /// late. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <remarks>
    /// For a server that sends heartbeats or events, with which <see cref="Idle"/> never passes. Time in which receiving is
    /// paused, because the handler is slow, does not count. Does not apply to a peer that has ended its side (FIN).
    /// </remarks>
    public TimeSpan ReceiveIdle
    {
        get;
        set => field = Validate(value, nameof(ReceiveIdle));
    } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Gets or sets the time for which this side may send nothing, whatever the peer sends. Default: infinite. Up to a quarter
    /// late. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <remarks>For a handler that should have answered by then. Does not apply once this side has ended its output.</remarks>
    public TimeSpan SendIdle
    {
        get;
        set => field = Validate(value, nameof(SendIdle));
    } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Gets or sets the time within which the peer must send its first byte, from the accept or the connect. Default: infinite,
    /// because in many protocols only the server sends. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <remarks>
    /// If clients send first, a few seconds protect against clients that only occupy connections. Does not apply to a peer that
    /// has ended its side (FIN).
    /// </remarks>
    public TimeSpan FirstByte { get; set => field = Validate(value, nameof(FirstByte)); } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Gets or sets the time for which data may wait to be sent while the peer accepts none of it. Default: 1 minute for a
    /// server, infinite for a client. Up to a quarter late. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>,
    /// with which a peer that sends requests but does not read holds memory of this side.
    /// </summary>
    /// <remarks>
    /// The time starts once the system's send buffer is full. The peer's system announces free receive buffer in large steps, so
    /// a peer that reads a few hundred bytes per second from a large buffer seems to read nothing.
    /// </remarks>
    public TimeSpan WriteStall { get; set => field = Validate(value, nameof(WriteStall)); } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Gets or sets the maximum lifetime of the connection, in use or not. At its end <c>connection.StopRequested</c> fires, so
    /// that the handler can finish, and after <see cref="LifetimeGracePeriod"/> the connection is aborted (RST). Default:
    /// infinite. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <remarks>With a lifetime, clients reconnect from time to time, and so spread over servers that were added.</remarks>
    public TimeSpan Lifetime { get; set => field = Validate(value, nameof(Lifetime)); } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Gets or sets the time that a handler has to finish after <see cref="Lifetime"/>. Default: 5 s, as <c>ShutdownTimeout</c>.
    /// Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>, with which the connection is never aborted for its
    /// lifetime.
    /// </summary>
    public TimeSpan LifetimeGracePeriod
    {
        get;
        set => field = Validate(value, nameof(LifetimeGracePeriod));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the minimum rate at which the peer must send, from the start until it ends its side. Default: null, no
    /// minimum. Use it only for protocols in which the peer sends continuously; in others, it closes peers that have nothing to
    /// send.
    /// </summary>
    /// <remarks>
    /// Protects against peers that send single bytes to avoid the idle timeout. Time in which receiving is paused, because the
    /// handler is slow, does not count.
    /// </remarks>
    public DataRate? MinReceiveRate { get; set => field = Validate(value, nameof(MinReceiveRate)); }

    /// <summary>
    /// Gets or sets the minimum rate at which the peer must accept data while data waits to be sent. Default: null, no minimum
    /// besides <see cref="WriteStall"/>. Up to its grace period late.
    /// </summary>
    /// <remarks>
    /// Only time in which data waited counts, so the rate does not affect a peer that accepts everything at once.
    /// </remarks>
    public DataRate? MinSendRate { get; set => field = Validate(value, nameof(MinSendRate)); }

    internal bool IsAnyEnabled => NeedsByteCounts || IsEnabled(Lifetime);

    /// <summary>Whether any timeout except the lifetime is enabled. These need a transport that counts bytes.</summary>
    internal bool NeedsByteCounts => IsEnabled(Idle) || IsEnabled(ReceiveIdle) || IsEnabled(SendIdle)
        || IsEnabled(FirstByte) || IsEnabled(WriteStall) || MinReceiveRate is not null || MinSendRate is not null;

    /// <summary>Creates the timeouts of a client, which are all disabled.</summary>
    internal static ConnectionTimeouts CreateDisabled() =>
        new() { Idle = Timeout.InfiniteTimeSpan, WriteStall = Timeout.InfiniteTimeSpan };

    internal static bool IsEnabled(TimeSpan timeout) => timeout != Timeout.InfiniteTimeSpan;

    /// <summary>Returns a copy that is not sealed.</summary>
    internal ConnectionTimeouts Copy()
    {
        var copy = OptionCopier.ShallowCopy(this);
        copy._isSealed = false;
        return copy;
    }

    /// <summary>Ends changes: from now on, each setter throws. Returns this object.</summary>
    internal ConnectionTimeouts Seal()
    {
        _isSealed = true;
        return this;
    }

    private TimeSpan Validate(TimeSpan value, string option)
    {
        OptionChecks.ThrowIfSealed(_isSealed, option);
        return OptionChecks.InRangeOrInfinite(value, MinTimeout, MaxTimeout, option);
    }

    private DataRate? Validate(DataRate? value, string option)
    {
        OptionChecks.ThrowIfSealed(_isSealed, option);
        return value is not { } rate
            || (rate.BytesPerSecond > 0 && double.IsFinite(rate.BytesPerSecond)
                && rate.GracePeriod >= TimeSpan.FromSeconds(1) && rate.GracePeriod <= TimeSpan.FromDays(1))
            ? value
            : throw OptionChecks.OutOfRange(
                option, value, "more than 0 bytes per second over 1 s to 1 day, or null to turn it off");
    }
}
