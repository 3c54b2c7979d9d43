namespace Sockeye;

/// <summary>The timeouts of a connection. A connection that exceeds one is closed, with
/// <see cref="CloseCause.Timeout"/> and a message that names the option.</summary>
/// <remarks>
/// <para>Timeouts are never early, and up to a tenth of a second late unless the option says otherwise. A connection without
/// pending data is closed in order (FIN); if data waits for the peer, it is reset (RST). The handler's reads throw
/// <see cref="Microsoft.AspNetCore.Connections.ConnectionAbortedException"/>, its flushes say that they are completed.</para>
/// <para>One timer serves all connections, and reading and writing do not touch it. Bytes are those on the wire: with TLS, the
/// encrypted ones.</para>
/// </remarks>
public sealed class ConnectionTimeouts
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(365);

    internal ConnectionTimeouts()
    {
    }

    /// <summary>
    /// How long nothing may be received or sent. Default 10 minutes at a server, infinite at a client. Range: 1 ms to 365 days,
    /// or <see cref="Timeout.InfiniteTimeSpan"/>: a peer that says nothing then holds its connection as long as it likes.
    /// </summary>
    /// <remarks>Protocols that are silent for longer need a higher value, or a heartbeat. Data that waits for the peer is not
    /// idleness as long as the peer takes some of it; whether it does is looked at for another quarter of the time.</remarks>
    public TimeSpan Idle { get; set => field = Validate(value, nameof(Idle)); } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long after it was accepted (or connected) the peer may send nothing at all. Default infinite, since in many protocols
    /// the server speaks first and the client never. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <remarks>Where clients speak first, some seconds keep out those that only take up places. A peer that has ended its side
    /// (FIN) is not waited for.</remarks>
    public TimeSpan FirstByte { get; set => field = Validate(value, nameof(FirstByte)); } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long data may wait to be sent while the peer takes nothing of it. Default 1 minute at a server, infinite at a client.
    /// Up to a quarter late. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>: a peer that asks and does not
    /// read then holds this side's memory.
    /// </summary>
    /// <remarks>Counts once the system's own buffer is full. A system that makes room for more tells its peer in steps: one
    /// that reads a few hundred bytes a second out of a large buffer looks as if it read nothing.</remarks>
    public TimeSpan WriteStall { get; set => field = Validate(value, nameof(WriteStall)); } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long the connection may last in all, in use or not. Then <c>connection.StopRequested</c> fires, so that the handler
    /// can finish, and after <see cref="LifetimeGracePeriod"/> the connection is aborted (RST). Default infinite. Range: 1 ms to
    /// 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <remarks>Makes clients reconnect from time to time, so that they spread over servers that were added.</remarks>
    public TimeSpan Lifetime { get; set => field = Validate(value, nameof(Lifetime)); } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long a handler may take to finish after <see cref="Lifetime"/>. Default 5 s, as <c>ShutdownTimeout</c>. Range: 1 ms to
    /// 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>: it is asked, and nothing more.
    /// </summary>
    public TimeSpan LifetimeGracePeriod
    {
        get;
        set => field = Validate(value, nameof(LifetimeGracePeriod));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The least a peer has to send, from the beginning until it ends its side. Default null: none. For protocols in which the
    /// peer always sends; in any other, a peer that has nothing to say is closed.
    /// </summary>
    /// <remarks>Against peers that send a byte now and then to seem alive. Time in which this side does not take (its handler is
    /// slow, so receiving pauses) does not count.</remarks>
    public DataRate? MinReceiveRate { get; set => field = Validate(value, nameof(MinReceiveRate)); }

    /// <summary>
    /// The least a peer has to take while something waits to be sent to it. Default null: none, beyond
    /// <see cref="WriteStall"/>. Up to its grace period late.
    /// </summary>
    /// <remarks>Only time counts in which data waited, so a peer that takes everything at once may do so as seldom as it
    /// likes.</remarks>
    public DataRate? MinSendRate { get; set => field = Validate(value, nameof(MinSendRate)); }

    internal bool IsAnyEnabled => NeedsByteCounts || IsEnabled(Lifetime);

    /// <summary>Whether anything but the lifetime is asked for: it needs a transport that counts bytes.</summary>
    internal bool NeedsByteCounts => IsEnabled(Idle) || IsEnabled(FirstByte) || IsEnabled(WriteStall)
        || MinReceiveRate is not null || MinSendRate is not null;

    /// <summary>The defaults of clients, which choose their servers, and wait for answers.</summary>
    internal static ConnectionTimeouts CreateDisabled() =>
        new() { Idle = Timeout.InfiniteTimeSpan, WriteStall = Timeout.InfiniteTimeSpan };

    internal static bool IsEnabled(TimeSpan timeout) => timeout != Timeout.InfiniteTimeSpan;

    private static TimeSpan Validate(TimeSpan value, string option) =>
        OptionChecks.InRangeOrInfinite(value, MinTimeout, MaxTimeout, option);

    private static DataRate? Validate(DataRate? value, string option) =>
        value is not { } rate
        || (rate.BytesPerSecond > 0 && double.IsFinite(rate.BytesPerSecond)
            && rate.GracePeriod >= TimeSpan.FromSeconds(1) && rate.GracePeriod <= TimeSpan.FromDays(1))
            ? value
            : throw OptionChecks.OutOfRange(
                option, value, "more than 0 bytes per second over 1 s to 1 day, or null to turn it off");
}
