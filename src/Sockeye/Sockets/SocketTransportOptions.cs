using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>How <see cref="SocketTransport"/> makes sockets. Read once, when the transport is constructed.</summary>
public sealed class SocketTransportOptions
{
    /// <summary>
    /// How many finished handshakes may wait for <c>accept()</c>, in connections; null (the default): as many as the system
    /// allows. Range: 1 and up; Linux caps it silently at <c>net.core.somaxconn</c> (4096 since 5.4), listen(2). Too small: a
    /// burst of clients sees connects that hang for a second or more, since the kernel drops what does not fit.
    /// </summary>
    public int? Backlog { get; set => field = Check(value, 1, int.MaxValue); }

    /// <summary>Sends small writes at once (<c>TCP_NODELAY</c>), default true. False (Nagle's algorithm, RFC 896) trades delay
    /// for fewer packets, and stalls request/response protocols against delayed acknowledgements.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// Silence after which the system asks whether the peer is still there (<c>TCP_KEEPIDLE</c>, RFC 9293, section 3.8.4);
    /// default 60 s; null: never. Range: 1 s to 32,767 s, whole seconds. Without it a peer that lost power is never noticed by a
    /// connection that only reads.
    /// </summary>
    public TimeSpan? KeepAliveTime { get; set => field = Check(value, MinKeepAlive, MaxKeepAlive); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Time between unanswered probes (<c>TCP_KEEPINTVL</c>), default 10 s. Range: 1 s to 32,767 s, whole seconds.
    /// </summary>
    public TimeSpan KeepAliveInterval
    {
        get;
        set => field = Check(value, MinKeepAlive, MaxKeepAlive)!.Value;
    } = TimeSpan.FromSeconds(10);

    /// <summary>Unanswered probes after which the connection is lost (<c>TCP_KEEPCNT</c>), default 6. Range: 1 to 127.</summary>
    public int KeepAliveProbes { get; set => field = Check(value, 1, 127)!.Value; } = 6;

    /// <summary>
    /// How long sent data may stay unacknowledged before the connection is lost (<c>TCP_USER_TIMEOUT</c>, RFC 5482, tcp(7)); null
    /// (the default): the system's choice, about 15 minutes on Linux. Range: 1 ms to 24 days. Linux only: elsewhere binding and
    /// connecting throw <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    public TimeSpan? UserTimeout { get; set => field = Check(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(24)); }

    /// <summary>The kernel's receive buffer in bytes (<c>SO_RCVBUF</c>); null (the default): the system tunes it by itself, which
    /// is nearly always better. Range: 256 and up; Linux doubles what it is given and caps it at
    /// <c>net.core.rmem_max</c>.</summary>
    public int? ReceiveBufferSize { get; set => field = Check(value, 256, int.MaxValue); }

    /// <summary>The kernel's send buffer in bytes (<c>SO_SNDBUF</c>); null (the default): the system tunes it by itself. Range:
    /// 256 and up; Linux doubles what it is given and caps it at <c>net.core.wmem_max</c>.</summary>
    public int? SendBufferSize { get; set => field = Check(value, 256, int.MaxValue); }

    /// <summary>
    /// Received bytes that wait for the handler before receiving pauses, per connection; default 64 KiB; it goes on at half of
    /// it. Range: 1 to 1 GiB. This is what bounds the memory of a connection whose handler is slow. A codec's longest frame may
    /// be longer: receiving goes on while the reader has seen everything and asks for more.
    /// </summary>
    public int MaxReadBufferSize { get; set => field = Check(value, 1, MaxBuffer)!.Value; } = 64 * 1024;

    /// <summary>Written bytes that wait for the system before <c>FlushAsync</c> waits, per connection; default 64 KiB; it goes on
    /// at half of it. Range: 1 to 1 GiB. This is what bounds the memory of a connection whose peer does not read.</summary>
    public int MaxWriteBufferSize { get; set => field = Check(value, 1, MaxBuffer)!.Value; } = 64 * 1024;

    /// <summary>TCP Fast Open (RFC 7413), default false: data may travel with the SYN, saving a round trip; Linux only, elsewhere
    /// it has no effect. Risk: data in a SYN can arrive twice, so the first request must be safe to repeat; and <c>connect()</c>
    /// returns before the handshake, so a refusal shows at the first read.</summary>
    public bool FastOpen { get; set; }

    /// <summary>
    /// How long closing may take without the peer taking anything of what is still to be sent; then it is aborted. Once all is
    /// with the system and FIN behind it: without the peer acknowledging any of it; then the socket is closed, which leaves the
    /// rest to the system. Default 5 s. Range: 1 ms to 1 hour.
    /// </summary>
    public TimeSpan CloseTimeout { get; set => field = Check(value, MinClose, MaxClose)!.Value; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long closing waits, once the peer has acknowledged everything and FIN behind it, for the peer's FIN, throwing away
    /// what still arrives; default 2 s. Range: 1 ms to 1 hour. Closing earlier would answer such data with RST, and that can
    /// destroy a last answer on its way (RFC 9293, section 3.6; RFC 9112, section 9.6).
    /// </summary>
    /// <remarks>Linux reports what the peer has acknowledged, and for a Unix socket what it has read. On other systems the time
    /// begins with FIN.</remarks>
    public TimeSpan LingerTimeout { get; set => field = Check(value, MinClose, MaxClose)!.Value; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long closing waits in all, from FIN on, for a peer that acknowledges what was sent little by little; then the socket
    /// is closed, which leaves the rest to the system: it arrives unless the peer sends something more. Default 5 minutes.
    /// Range: 1 ms to 1 hour.
    /// </summary>
    public TimeSpan MaxLingerTime { get; set => field = Check(value, MinClose, MaxClose)!.Value; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Runs handlers directly on the thread that received the data instead of handing them to the thread pool, default false.
    /// Danger: a handler that blocks, or waits synchronously for its own connection, stops its connection for good.
    /// </summary>
    public bool UnsafePreferInlineScheduling { get; set; }

    /// <summary>Told every call of a socket function, as it is done, on the thread that does it; null (the default) costs
    /// nothing. It must be quick. An exception from it ends the connection concerned, or fails the bind; where a listener closes,
    /// the server logs it (event 1008), and a listener without a server throws it when all is released.</summary>
    public Action<SocketStep>? OnStep { get; set; }

    /// <summary>The clock of the timeouts above, default the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where buffers come from; one of its own shows a test what its connections hold.</summary>
    internal PinnedBlockPool Pool { get; init; } = PinnedBlockPool.Shared;

    private const int MaxBuffer = 1 << 30;

    private static TimeSpan MinKeepAlive => TimeSpan.FromSeconds(1);

    private static TimeSpan MaxKeepAlive => TimeSpan.FromSeconds(32_767);

    private static TimeSpan MinClose => TimeSpan.FromMilliseconds(1);

    private static TimeSpan MaxClose => TimeSpan.FromHours(1);

    /// <summary>
    /// Made once, for all connections of a transport. Handlers run on the thread pool unless inline was asked for. What a handler
    /// flushes is sent on its own thread: the send does not block, and a hop to another thread would cost more than it.
    /// </summary>
    internal TransportConnectionOptions ConnectionOptions => field ??= ToConnectionOptions();

    /// <summary>Creates the options of connections that have the limits and the clock of these options. Handlers run on the
    /// thread pool, or inline if <see cref="UnsafePreferInlineScheduling"/> is set.</summary>
    public TransportConnectionOptions ToConnectionOptions() => new()
    {
        MaxReadBufferSize = MaxReadBufferSize,
        MaxWriteBufferSize = MaxWriteBufferSize,
        CloseTimeout = CloseTimeout,
        LingerTimeout = LingerTimeout,
        MaxLingerTime = MaxLingerTime,
        TimeProvider = TimeProvider,
        Pool = Pool,
        HandlerScheduler = UnsafePreferInlineScheduling ? PipeScheduler.Inline : PipeScheduler.ThreadPool,
    };

    /// <summary>Creates a copy, for a transport that later changes must not affect.</summary>
    public SocketTransportOptions Copy() => OptionCopier.Copy(this);

    [return: NotNullIfNotNull(nameof(value))]
    private static T? Check<T>(T? value, T min, T max, [System.Runtime.CompilerServices.CallerMemberName] string name = "")
        where T : struct, IComparable<T> =>
        max is int.MaxValue ? OptionChecks.AtLeast(value, min, name) : OptionChecks.InRange(value, min, max, name);
}
