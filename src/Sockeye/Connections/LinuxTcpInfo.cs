using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye.Transports;

/// <summary>
/// <c>struct tcp_info</c> (linux/tcp.h) as far as the kernel filled it: an older kernel reports fewer fields. Allocates nothing
/// until it is converted to a <see cref="TcpInfo"/>.
/// </summary>
/// <param name="bytes">The bytes that the kernel filled; empty if it reported nothing.</param>
public readonly ref struct LinuxTcpInfo(ReadOnlySpan<byte> bytes)
{
    /// <summary>The size in bytes of the buffer for the kernel: the struct up to <c>tcpi_bytes_retrans</c>, its last field that
    /// is read.</summary>
    public const int Size = 216;

    private const int TcpInfoOption = 11; // TCP_INFO

    // Offsets in bytes.
    private const int StateOffset = 0;
    private const int MaxSegmentSize = 16;
    private const int Unacknowledged = 24;
    private const int SelectivelyAcknowledged = 28;
    private const int Lost = 32;
    private const int RetransmitsInFlight = 36;
    private const int LastDataSent = 44;
    private const int LastDataReceived = 52;
    private const int RoundTripTime = 68;
    private const int RoundTripTimeVariance = 72;
    private const int CongestionWindow = 80;
    private const int Retransmits = 100;
    private const int BytesAcknowledged = 120;
    private const int NotSent = 144;
    private const int MinRoundTripTime = 148;
    private const int DeliveryRate = 160;
    private const int BytesSent = 200;
    private const int BytesRetransmitted = 208;

    /// <summary>The number of bytes that Linux 2.6 fills.</summary>
    private const int MinSize = RoundTripTime + sizeof(uint);

    /// <summary>TCP_… of net/tcp_states.h; 0 is not used.</summary>
    private static readonly TcpState[] States =
    [
        TcpState.Unknown, TcpState.Established, TcpState.SynSent, TcpState.SynReceived, TcpState.FinWait1, TcpState.FinWait2,
        TcpState.TimeWait, TcpState.Closed, TcpState.CloseWait, TcpState.LastAck, TcpState.Listen, TcpState.Closing,
    ];

    private readonly VersionedStructReader _fields = new(bytes, MinSize);

    /// <summary>Gets the state of the connection.</summary>
    public TcpState State => TcpInfo.FindState(States, _fields.ReadByte(StateOffset));

    /// <summary>Gets the progress of the sending direction. Null if the kernel does not report it.</summary>
    public SystemProgress? Progress => State is not TcpState.Listen && _fields.ReadInt64(BytesAcknowledged) is { } acknowledged
        ? new(acknowledged, _fields.ReadUInt32(Unacknowledged) > 0 || _fields.ReadUInt32(NotSent) > 0)
        : null;

    /// <summary>
    /// Reads the struct from the kernel. Empty for a socket that is not TCP, on other systems, and once the socket is closed.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">A buffer of <see cref="Size"/> bytes.</param>
    internal static LinuxTcpInfo Read(Socket socket, Span<byte> buffer) =>
        OperatingSystem.IsLinux() ? new(TcpInfo.ReadOption(socket, TcpInfoOption, buffer)) : default;

    /// <summary>Returns all values. Null if the kernel reported nothing.</summary>
    public TcpInfo? ToTcpInfo()
    {
        if (_fields.IsEmpty)
            return null;
        var info = new TcpInfo(State);
        if (info.State is TcpState.Listen)
        {
            info.AcceptQueueDepth = (int?)_fields.ReadUInt32(Unacknowledged);
            info.AcceptQueueLimit = (int?)_fields.ReadUInt32(SelectivelyAcknowledged);
            return info;
        }

        FillPath(info);
        FillSending(info);
        return info;
    }

    /// <summary>Sets the values that TCP has measured on the path to the peer.</summary>
    private void FillPath(TcpInfo info)
    {
        // Before the first measurement the kernel reports its initial variance and window.
        if (_fields.ReadUInt32(RoundTripTime) is > 0 and { } roundTrip)
        {
            info.RoundTripTime = TimeSpan.FromMicroseconds(roundTrip);
            if (_fields.ReadUInt32(RoundTripTimeVariance) is { } variance)
                info.RoundTripTimeVariance = TimeSpan.FromMicroseconds(variance);
        }

        info.MinRoundTripTime = TcpInfo.FromMeasuredMicroseconds(_fields.ReadUInt32(MinRoundTripTime));
        if (_fields.ReadInt64(DeliveryRate) is > 0 and { } rate)
            info.DeliveryRate = rate;
        if (!info.IsHandshakeComplete)
            return;
        info.MaxSegmentSize = (int?)_fields.ReadUInt32(MaxSegmentSize);
        info.CongestionWindowSegments = (int?)_fields.ReadUInt32(CongestionWindow);
        info.CongestionWindowBytes = (long?)info.CongestionWindowSegments * info.MaxSegmentSize;
    }

    /// <summary>Sets the values about data in flight, losses, and the last transfers.</summary>
    private void FillSending(TcpInfo info)
    {
        info.UnacknowledgedSegments = (int?)_fields.ReadUInt32(Unacknowledged);
        info.UnsentBytes = _fields.ReadUInt32(NotSent);
        info.LostSegments = (int?)_fields.ReadUInt32(Lost);
        info.RetransmitsInFlight = (int?)_fields.ReadUInt32(RetransmitsInFlight);
        info.Retransmits = _fields.ReadUInt32(Retransmits);
        info.RetransmittedBytes = _fields.ReadInt64(BytesRetransmitted);
        info.BytesAcknowledged = _fields.ReadInt64(BytesAcknowledged);

        // A retransmitted byte counts as sent each time. SYN and FIN are acknowledged, but do not count as sent.
        info.UnacknowledgedBytes = info.UnacknowledgedSegments is 0 && info.RetransmittedBytes is not null ? 0
            : _fields.ReadInt64(BytesSent) - info.RetransmittedBytes - info.BytesAcknowledged is { } left ? Math.Max(0, left)
            : null;
        if (!info.IsHandshakeComplete)
            return;
        info.SinceDataSent = TcpInfo.FromMilliseconds(_fields.ReadUInt32(LastDataSent));
        info.SinceDataReceived = TcpInfo.FromMilliseconds(_fields.ReadUInt32(LastDataReceived));
    }
}
