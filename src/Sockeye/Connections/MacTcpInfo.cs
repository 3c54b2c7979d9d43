using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Sockeye;

/// <summary>
/// Reads <c>struct tcp_connection_info</c> of macOS (XNU, bsd/netinet/tcp.h). Times are in milliseconds, windows in bytes.
/// </summary>
internal static class MacTcpInfo
{
    private const int TcpConnectionInfoOption = 0x106; // TCP_CONNECTION_INFO

    /// <summary>The struct up to <c>tcpi_txretransmitpackets</c>, its last field.</summary>
    private const int Size = 112;

    // Offsets in bytes from the start of the struct.
    private const int State = 0; // u_int8_t tcpi_state
    private const int MaxSegmentSize = 16; // u_int32_t tcpi_maxseg
    private const int CongestionWindow = 24; // u_int32_t tcpi_snd_cwnd
    private const int RoundTripTime = 44; // u_int32_t tcpi_srtt
    private const int RoundTripTimeVariance = 48; // u_int32_t tcpi_rttvar
    private const int BytesRetransmitted = 72; // u_int64_t tcpi_txretransmitbytes, after one of bit fields: aligned to 8
    private const int Retransmits = 104; // u_int64_t tcpi_txretransmitpackets

    /// <summary>All fields but the last, which a later version added.</summary>
    private const int MinSize = Retransmits;

    /// <summary>TCPS_… of bsd/netinet/tcp_fsm.h, from 0.</summary>
    private static readonly TcpState[] States =
    [
        TcpState.Closed, TcpState.Listen, TcpState.SynSent, TcpState.SynReceived, TcpState.Established, TcpState.CloseWait,
        TcpState.FinWait1, TcpState.Closing, TcpState.LastAck, TcpState.FinWait2, TcpState.TimeWait,
    ];

    [SupportedOSPlatform("macos")]
    public static TcpInfo? Read(Socket socket) =>
        Parse(TcpInfo.ReadOption(socket, TcpConnectionInfoOption, stackalloc byte[Size]));

    /// <summary>Returns the values, or null if the kernel reported nothing.</summary>
    public static TcpInfo? Parse(ReadOnlySpan<byte> bytes)
    {
        var fields = new VersionedStructReader(bytes, MinSize);
        if (fields.IsEmpty)
            return null;
        var info = new TcpInfo(TcpInfo.FindState(States, fields.ReadByte(State)));
        if (info.State is TcpState.Listen)
            return info;

        // Zero means not measured yet, or less than the kernel's step of 1 ms.
        if (fields.ReadUInt32(RoundTripTime) is > 0 and { } roundTrip)
        {
            info.RoundTripTime = TimeSpan.FromMilliseconds(roundTrip);
            info.RoundTripTimeVariance = TcpInfo.FromMilliseconds(fields.ReadUInt32(RoundTripTimeVariance));
        }

        info.Retransmits = fields.ReadInt64(Retransmits);
        info.RetransmittedBytes = fields.ReadInt64(BytesRetransmitted);
        if (!info.IsHandshakeComplete)
            return info;
        info.MaxSegmentSize = (int?)fields.ReadUInt32(MaxSegmentSize);
        info.CongestionWindowBytes = fields.ReadUInt32(CongestionWindow);
        return info;
    }
}
