using System.Buffers.Binary;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>What the kernel knows of a TCP socket (Linux: <c>TCP_INFO</c>, tcp(7)). Null elsewhere, never zeros.</summary>
public sealed class TcpInfo
{
    private const int ProtocolTcp = 6;
    private const int OptionTcpInfo = 11;

    // Offsets in struct tcp_info (linux/tcp.h), the same since Linux 2.6; the last two since 4.1 and 4.6.
    private const int Size = 148;
    private const int UnackedOffset = 24;
    private const int SackedOffset = 28;
    private const int RoundTripTimeOffset = 68;
    private const int BytesAcknowledgedOffset = 120;
    private const int NotSentOffset = 144;

    private static readonly TcpState[] States =
    [
        TcpState.Unknown, TcpState.Established, TcpState.SynSent, TcpState.SynReceived, TcpState.FinWait1, TcpState.FinWait2,
        TcpState.TimeWait, TcpState.Closed, TcpState.CloseWait, TcpState.LastAck, TcpState.Listen, TcpState.Closing,
    ];

    private TcpInfo(ReadOnlySpan<byte> info)
    {
        State = info[0] < States.Length ? States[info[0]] : TcpState.Unknown;
        var unacked = BinaryPrimitives.ReadUInt32LittleEndian(info[UnackedOffset..]);
        var sacked = BinaryPrimitives.ReadUInt32LittleEndian(info[SackedOffset..]);
        if (State is TcpState.Listen)
            (AcceptQueueDepth, AcceptQueueLimit) = ((int)unacked, (int)sacked);
        else
            RoundTripTime = TimeSpan.FromMicroseconds(BinaryPrimitives.ReadUInt32LittleEndian(info[RoundTripTimeOffset..]));
        if (info.Length >= BytesAcknowledgedOffset + sizeof(long))
            BytesAcknowledged = BinaryPrimitives.ReadInt64LittleEndian(info[BytesAcknowledgedOffset..]);
        var notSent = info.Length >= NotSentOffset + sizeof(uint)
            ? BinaryPrimitives.ReadUInt32LittleEndian(info[NotSentOffset..])
            : 0;
        HasWaiting = State is not TcpState.Listen && (unacked > 0 || notSent > 0);
    }

    /// <summary>The state of RFC 9293, section 3.3.2.</summary>
    public TcpState State { get; }

    /// <summary>The smoothed round-trip time; right after the handshake, the time from SYN to SYN/ACK (or from SYN/ACK to ACK on
    /// the accepting side). Null for a listening socket.</summary>
    public TimeSpan? RoundTripTime { get; }

    /// <summary>Finished handshakes that wait for <c>accept()</c>; only for a listening socket.</summary>
    public int? AcceptQueueDepth { get; }

    /// <summary>How many may wait: the backlog, as the kernel capped it at <c>net.core.somaxconn</c>; only for a listening
    /// socket. Linux takes one more than this.</summary>
    public int? AcceptQueueLimit { get; }

    /// <summary>Sent bytes that the peer's system has taken; null before Linux 4.1.</summary>
    internal long? BytesAcknowledged { get; }

    /// <summary>Whether the peer's system has not taken all that was given to this one.</summary>
    internal bool HasWaiting { get; }

    internal SystemProgress? Progress => BytesAcknowledged is { } acknowledged ? new(acknowledged, HasWaiting) : null;

    /// <summary>From <c>struct tcp_info</c> as the kernel filled it; null for one of a kernel that tells too little.</summary>
    internal static TcpInfo? Of(ReadOnlySpan<byte> info) =>
        BitConverter.IsLittleEndian && info.Length >= RoundTripTimeOffset + sizeof(uint) ? new(info) : null;

    /// <summary>Asks the kernel; null for what is not TCP, on other systems, and once the socket is closed.</summary>
    internal static TcpInfo? Read(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.ProtocolType is not ProtocolType.Tcp)
            return null;
        Span<byte> info = stackalloc byte[Size];
        try
        {
            var length = socket.GetRawSocketOption(ProtocolTcp, OptionTcpInfo, info);
            return Of(info[..length]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null; // Closed meanwhile: there is nothing to tell, which is what null says.
        }
    }
}

/// <summary>What Sockeye adds to connections that stand on a socket.</summary>
public static class TcpInfoExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>What the kernel knows of the connection now: one system call; null where it does not tell.</summary>
        public TcpInfo? TcpInfo =>
            connection.Features.Get<ITcpInfoFeature>() is { } feature ? feature.TcpInfo
            : connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket ? TcpInfo.Read(socket) : null;
    }
}
