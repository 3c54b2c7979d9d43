using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// The kernel's view of a TCP socket at one moment (Linux: <c>TCP_INFO</c>, tcp(7); macOS: <c>TCP_CONNECTION_INFO</c>; Windows:
/// <c>SIO_TCP_INFO</c>).
/// </summary>
/// <remarks>
/// A property is null, never zero, where the kernel does not report the value: on a system or version that is not listed in its
/// documentation, for a listening socket, and for a value that was not measured yet. "Windows" means Windows 10 1703, Windows
/// Server 2016, and later; Windows reports nothing about a listening socket.
/// </remarks>
public sealed class TcpInfo
{
    internal TcpInfo(TcpState state) => State = state;

    /// <summary>Gets the state of the connection (RFC 9293, section 3.3.2).</summary>
    public TcpState State { get; }

    /// <summary>
    /// Gets the number of completed handshakes that wait for <c>accept()</c>. Only for a listening socket. Linux.
    /// </summary>
    public int? AcceptQueueDepth { get; internal set; }

    /// <summary>
    /// Gets the limit of the accept queue: the backlog, capped by the kernel at <c>net.core.somaxconn</c>. Linux accepts one more
    /// than this. Only for a listening socket. Linux.
    /// </summary>
    public int? AcceptQueueLimit { get; internal set; }

    /// <summary>
    /// Gets the smoothed round-trip time in steps of 1 µs (macOS: 1 ms, and null below that). Right after the handshake it is the
    /// time from SYN to SYN/ACK, or from SYN/ACK to ACK on the accepting side. Null until measured. Since Linux 2.6; macOS;
    /// Windows.
    /// </summary>
    public TimeSpan? RoundTripTime { get; internal set; }

    /// <summary>
    /// Gets the mean deviation of the round-trip time (RFC 6298, RTTVAR) in steps of 1 µs (macOS: 1 ms). Null until measured.
    /// Since Linux 2.6; macOS.
    /// </summary>
    public TimeSpan? RoundTripTimeVariance { get; internal set; }

    /// <summary>
    /// Gets the shortest recent round-trip time in steps of 1 µs: the time of the path without queues. Linux looks back for
    /// <c>net.ipv4.tcp_min_rtt_wlen</c>, by default 5 minutes. Null until measured. Since Linux 4.6; Windows.
    /// </summary>
    public TimeSpan? MinRoundTripTime { get; internal set; }

    /// <summary>Gets the size in bytes of the largest segment that this side sends. Since Linux 2.6; macOS; Windows.</summary>
    public int? MaxSegmentSize { get; internal set; }

    /// <summary>Gets the congestion window in segments: the maximum number in flight. Since Linux 2.6.</summary>
    public int? CongestionWindowSegments { get; internal set; }

    /// <summary>
    /// Gets the congestion window in bytes: the maximum number in flight. On Linux it is the number of segments, each counted as
    /// <see cref="MaxSegmentSize"/>. Since Linux 2.6; macOS; Windows.
    /// </summary>
    public long? CongestionWindowBytes { get; internal set; }

    /// <summary>
    /// Gets the most recent delivery rate to the peer's kernel, in bytes per second. It is low if the handler offered less than
    /// the path could carry. Null until measured. Since Linux 4.9.
    /// </summary>
    public long? DeliveryRate { get; internal set; }

    /// <summary>Gets the number of sent segments that the peer has not acknowledged yet. Since Linux 2.6.</summary>
    public int? UnacknowledgedSegments { get; internal set; }

    /// <summary>
    /// Gets the number of sent bytes that the peer has not acknowledged yet. On the connecting side Linux counts the SYN as
    /// acknowledged, so the number is one too small there. Since Linux 4.19; Windows.
    /// </summary>
    public long? UnacknowledgedBytes { get; internal set; }

    /// <summary>
    /// Gets the number of bytes that wait in this kernel because the peer's window or the congestion window is full. Since
    /// Linux 4.6.
    /// </summary>
    public long? UnsentBytes { get; internal set; }

    /// <summary>Gets the number of sent segments that TCP considers lost. Since Linux 2.6.</summary>
    public int? LostSegments { get; internal set; }

    /// <summary>Gets the number of retransmitted segments that the peer has not acknowledged yet. Since Linux 2.6.</summary>
    public int? RetransmitsInFlight { get; internal set; }

    /// <summary>Gets the number of segments retransmitted since the connection was opened. Since Linux 2.6; macOS.</summary>
    public long? Retransmits { get; internal set; }

    /// <summary>
    /// Gets the number of bytes retransmitted since the connection was opened. Since Linux 4.19; macOS; Windows, where it wraps
    /// after 4 GiB.
    /// </summary>
    public long? RetransmittedBytes { get; internal set; }

    /// <summary>
    /// Gets the time since data was last sent, or since the handshake if none was sent, in steps of 1 ms. Null before the
    /// handshake. Since Linux 2.6.
    /// </summary>
    public TimeSpan? SinceDataSent { get; internal set; }

    /// <summary>
    /// Gets the time since data was last received, or since the handshake if none was received, in steps of 1 ms. Null before the
    /// handshake. Since Linux 2.6.
    /// </summary>
    public TimeSpan? SinceDataReceived { get; internal set; }

    /// <summary>Sent bytes that the peer has acknowledged; null before Linux 4.1 and on other systems.</summary>
    internal long? BytesAcknowledged { get; set; }

    /// <summary>Whether the handshake is complete. A closed socket may never have been connected; one that was has a measured
    /// round trip.</summary>
    internal bool IsHandshakeComplete => State switch
    {
        TcpState.Unknown or TcpState.Listen or TcpState.SynSent or TcpState.SynReceived => false,
        TcpState.Closed => RoundTripTime is not null,
        _ => true,
    };

    /// <summary>
    /// Returns the kernel's view of a socket. Makes one system call. Null for a socket that is not TCP, on a system that does not
    /// report it, and once the socket is closed.
    /// </summary>
    public static TcpInfo? Read(Socket socket) =>
        OperatingSystem.IsMacOS() ? MacTcpInfo.Read(socket)
        : OperatingSystem.IsWindows() ? WindowsTcpInfo.Read(socket)
        : LinuxTcpInfo.Read(socket, stackalloc byte[LinuxTcpInfo.Size]).ToTcpInfo();

    /// <summary>Reads only the state, without allocation. Unknown on systems other than Linux.</summary>
    internal static TcpState ReadState(Socket socket) =>
        LinuxTcpInfo.Read(socket, stackalloc byte[LinuxTcpInfo.Size]).State;

    /// <summary>
    /// Reads the progress of the sending direction, without allocation. Null if the kernel does not report it, as on systems
    /// other than Linux.
    /// </summary>
    internal static SystemProgress? ReadProgress(Socket socket) =>
        LinuxTcpInfo.Read(socket, stackalloc byte[LinuxTcpInfo.Size]).Progress;

    /// <summary>Maps a number to a state. Each system has its own numbers, and a later version may have more.</summary>
    internal static TcpState FindState(TcpState[] states, uint? number) =>
        number < states.Length ? states[number.Value] : TcpState.Unknown;

    /// <summary>
    /// Converts a measured time. Kernels report zero, or the maximum value, for a minimum that is not measured yet.
    /// </summary>
    internal static TimeSpan? FromMeasuredMicroseconds(uint? microseconds) =>
        microseconds is > 0 and < uint.MaxValue and { } time ? TimeSpan.FromMicroseconds(time) : null;

    internal static TimeSpan? FromMilliseconds(uint? milliseconds) =>
        milliseconds is { } time ? TimeSpan.FromMilliseconds(time) : null;

    /// <summary>Reads a TCP socket option. Empty for a socket that is not TCP, and once the socket is closed.</summary>
    internal static ReadOnlySpan<byte> ReadOption(Socket socket, int option, Span<byte> buffer)
    {
        const int Tcp = 6; // IPPROTO_TCP
        if (socket.ProtocolType is not ProtocolType.Tcp)
            return default;
        try
        {
            return buffer[..socket.GetRawSocketOption(Tcp, option, buffer)];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return default; // The socket is closed, for which the result is empty.
        }
    }
}
