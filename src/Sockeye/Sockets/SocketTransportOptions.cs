using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>The options of a <see cref="SocketTransport"/>, which copies them when it is created.</summary>
public sealed class SocketTransportOptions
{
    /// <summary>
    /// Gets or sets the maximum number of completed handshakes that wait for <c>accept()</c>. Default: null, the maximum of the
    /// system. Range: 1 and up; Linux caps it silently at <c>net.core.somaxconn</c> (4096 since 5.4), listen(2). With a low
    /// value, the kernel drops clients of a burst, whose connects then take a second or more.
    /// </summary>
    public int? Backlog { get; set => field = Check(value, 1, int.MaxValue); }

    /// <summary>
    /// Gets or sets whether small writes are sent at once (<c>TCP_NODELAY</c>). Default: true. False (Nagle's algorithm, RFC 896)
    /// sends fewer packets with a delay, and stalls request/response protocols when the peer delays acknowledgements.
    /// </summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// Gets or sets the time without data after which the system probes whether the peer still responds (<c>TCP_KEEPIDLE</c>, RFC
    /// 9293, section 3.8.4). Default: 60 s. Range: 1 s to 32,767 s, whole seconds, or null to turn probes off. Without probes, a
    /// connection that only reads never detects that its peer lost power.
    /// </summary>
    public TimeSpan? KeepAliveTime { get; set => field = Check(value, MinKeepAlive, MaxKeepAlive); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the time between unanswered probes (<c>TCP_KEEPINTVL</c>). Default: 10 s. Range: 1 s to 32,767 s, whole
    /// seconds.
    /// </summary>
    public TimeSpan KeepAliveInterval
    {
        get;
        set => field = Check(value, MinKeepAlive, MaxKeepAlive)!.Value;
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the number of unanswered probes after which the connection is lost (<c>TCP_KEEPCNT</c>). Default: 6. Range: 1
    /// to 127.
    /// </summary>
    public int KeepAliveProbes { get; set => field = Check(value, 1, 127)!.Value; } = 6;

    /// <summary>
    /// Gets or sets the time that sent data may stay unacknowledged before the connection is lost (<c>TCP_USER_TIMEOUT</c>, RFC
    /// 5482, tcp(7)). Default: null, the default of the system, about 15 minutes on Linux. Range: 1 ms to 24 days. Linux only: on
    /// other systems, binding and connecting throw <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    public TimeSpan? UserTimeout { get; set => field = Check(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(24)); }

    /// <summary>
    /// Gets or sets the size in bytes of the kernel's receive buffer (<c>SO_RCVBUF</c>). Default: null, the system tunes it,
    /// which is nearly always better. Range: 256 and up; Linux doubles the value and caps it at <c>net.core.rmem_max</c>.
    /// </summary>
    public int? ReceiveBufferSize { get; set => field = Check(value, 256, int.MaxValue); }

    /// <summary>
    /// Gets or sets the size in bytes of the kernel's send buffer (<c>SO_SNDBUF</c>). Default: null, the system tunes it. Range:
    /// 256 and up; Linux doubles the value and caps it at <c>net.core.wmem_max</c>.
    /// </summary>
    public int? SendBufferSize { get; set => field = Check(value, 256, int.MaxValue); }

    /// <summary>
    /// Gets or sets the number of unread received bytes of a connection at which receiving pauses. It continues at half of that.
    /// Default: 64 KiB. Range: 1 to 1 GiB. It bounds the memory of a connection with a slow handler. A frame of a codec may be
    /// longer: receiving continues while the reader has examined everything and waits for more.
    /// </summary>
    public int MaxReadBufferSize { get; set => field = Check(value, 1, MaxBuffer)!.Value; } = 64 * 1024;

    /// <summary>
    /// Gets or sets the number of unsent written bytes of a connection at which <c>FlushAsync</c> waits. It continues at half of
    /// that. Default: 64 KiB. Range: 1 to 1 GiB. It bounds the memory of a connection whose peer does not read.
    /// </summary>
    public int MaxWriteBufferSize { get; set => field = Check(value, 1, MaxBuffer)!.Value; } = 64 * 1024;

    /// <summary>
    /// Gets or sets whether TCP Fast Open is enabled (RFC 7413), with which data may travel with the SYN to save a round trip.
    /// Default: false. Linux only; no effect on other systems. Risk: data in a SYN can arrive twice, so the first request must be
    /// safe to repeat. Also, <c>connect()</c> returns before the handshake, so the first read reports a refusal.
    /// </summary>
    public bool FastOpen { get; set; }

    /// <summary>
    /// Gets or sets the time that closing waits while the peer accepts none of the remaining data; then the connection is
    /// aborted. Once the system has all data and FIN, it is the time without an acknowledgement; then the socket is closed, and
    /// the system continues to send. Default: 5 s. Range: 1 ms to 1 hour.
    /// </summary>
    public TimeSpan CloseTimeout { get; set => field = Check(value, MinClose, MaxClose)!.Value; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the time that closing waits for the peer's FIN, once the peer has acknowledged all data and FIN. Received
    /// data is discarded meanwhile. Default: 2 s. Range: 1 ms to 1 hour. Closing earlier would answer such data with RST, which
    /// can destroy a last response in transit (RFC 9293, section 3.6; RFC 9112, section 9.6).
    /// </summary>
    /// <remarks>
    /// Linux reports the bytes that the peer has acknowledged, and for a Unix socket those that it has read. On other systems,
    /// the time starts with FIN.
    /// </remarks>
    public TimeSpan LingerTimeout { get; set => field = Check(value, MinClose, MaxClose)!.Value; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets or sets the total time that closing waits, from FIN, for a peer that acknowledges slowly. Then the socket is closed,
    /// and the system continues to send: the rest arrives unless the peer sends more data. Default: 5 minutes. Range: 1 ms to 1
    /// hour.
    /// </summary>
    public TimeSpan MaxLingerTime { get; set => field = Check(value, MinClose, MaxClose)!.Value; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets or sets whether handlers run directly on the thread that received the data, instead of on the thread pool. Default:
    /// false. Danger: a handler that blocks, or waits synchronously for its own connection, stops its connection permanently.
    /// </summary>
    public bool UnsafePreferInlineScheduling { get; set; }

    /// <summary>
    /// Gets or sets an observer of socket functions. It is called for each call, on the thread that makes the call, and must be
    /// fast. Default: null, which costs nothing. If it throws, the connection ends, or the bind fails. For the close of a
    /// listener, the server logs the exception (event 1008), and a listener without a server throws it after everything is
    /// released.
    /// </summary>
    public Action<SocketStep>? OnStep { get; set; }

    /// <summary>Gets or sets the clock of the timeouts. Default: that of the system.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TimeProvider TimeProvider
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(TimeProvider));
    } = TimeProvider.System;

    /// <summary>
    /// Gets or sets the permissions of the file of a listening Unix socket, set before the first client can connect. A client
    /// needs permission to write. Default: null, the system's: all permissions without those of the process's umask. Ignored for
    /// abstract names, and on Windows.
    /// </summary>
    /// <remarks>The permissions of a socket count on Linux and macOS, unix(7). Elsewhere, protect the folder.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value has bits that are not permissions.</exception>
    public UnixFileMode? UnixSocketMode
    {
        get;
        set => field = ((int?)value & ~AllPermissions) is null or 0
            ? value
            : throw OptionChecks.OutOfRange(nameof(UnixSocketMode), value, "permissions as for chmod(2), up to octal 7777");
    }

    /// <summary>The pool of buffers. A test sets a separate pool to check the memory of its connections.</summary>
    internal PinnedBlockPool Pool { get; init; } = PinnedBlockPool.Shared;

    /// <summary>The pools of the pipes' segments. A test sets separate ones to check the memory of its connections.</summary>
    internal SegmentPools Segments { get; init; } = SegmentPools.Shared;

    /// <summary>The number of buffers that connections hold, of <see cref="Pool"/> and of <see cref="Segments"/>.</summary>
    internal long RentedBuffers => Pool.RentedCount + Segments.RentedCount;

    private const int MaxBuffer = 1 << 30;
    private const int AllPermissions = 0xFFF;

    private static TimeSpan MinKeepAlive => TimeSpan.FromSeconds(1);

    private static TimeSpan MaxKeepAlive => TimeSpan.FromSeconds(32_767);

    private static TimeSpan MinClose => TimeSpan.FromMilliseconds(1);

    private static TimeSpan MaxClose => TimeSpan.FromHours(1);

    /// <summary>
    /// The options of all connections of a transport, created once. Handlers run on the thread pool, unless inline scheduling is
    /// on. Flushed bytes are sent on the handler's thread: a send does not block, and costs less than a switch to another thread.
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
        Segments = Segments,
        HandlerScheduler = UnsafePreferInlineScheduling ? PipeScheduler.Inline : PipeScheduler.ThreadPool,
    };

    /// <summary>Creates a copy, for a transport that later changes must not affect.</summary>
    public SocketTransportOptions Copy() => OptionCopier.ShallowCopy(this);

    [return: NotNullIfNotNull(nameof(value))]
    private static T? Check<T>(T? value, T min, T max, [System.Runtime.CompilerServices.CallerMemberName] string name = "")
        where T : struct, IComparable<T> =>
        max is int.MaxValue ? OptionChecks.AtLeast(value, min, name) : OptionChecks.InRange(value, min, max, name);
}
