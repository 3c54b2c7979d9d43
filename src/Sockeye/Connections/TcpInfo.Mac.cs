using System.Net.NetworkInformation;

namespace Sockeye;

/// <summary>
/// <c>struct tcp_connection_info</c> of macOS (XNU, bsd/netinet/tcp.h). Offsets count from its begin; times are in milliseconds,
/// windows in bytes.
/// </summary>
public sealed partial class TcpInfo
{
    /// <summary>The struct up to <c>tcpi_txretransmitpackets</c>, its last field.</summary>
    internal const int MacSize = 112;

    private const int MacState = 0; // u_int8_t tcpi_state
    private const int MacMaxSegmentSize = 16; // u_int32_t tcpi_maxseg
    private const int MacCongestionWindow = 24; // u_int32_t tcpi_snd_cwnd
    private const int MacRoundTripTime = 44; // u_int32_t tcpi_srtt
    private const int MacRoundTripTimeVariance = 48; // u_int32_t tcpi_rttvar
    private const int MacBytesRetransmitted = 72; // u_int64_t tcpi_txretransmitbytes, after one of bit fields: aligned to 8
    private const int MacRetransmits = 104; // u_int64_t tcpi_txretransmitpackets

    // All but the last field, which came later.
    private const int MacSmallestSize = MacRetransmits;

    // TCPS_… of bsd/netinet/tcp_fsm.h, from 0 up.
    private static readonly TcpState[] MacStates =
    [
        TcpState.Closed, TcpState.Listen, TcpState.SynSent, TcpState.SynReceived, TcpState.Established, TcpState.CloseWait,
        TcpState.FinWait1, TcpState.Closing, TcpState.LastAck, TcpState.FinWait2, TcpState.TimeWait,
    ];

    /// <summary>Null where the kernel told nothing.</summary>
    internal static TcpInfo? OfMac(ReadOnlySpan<byte> bytes)
    {
        var fields = new VersionedStructReader(bytes, MacSmallestSize);
        if (fields.IsEmpty)
            return null;
        var info = new TcpInfo(Find(MacStates, fields.ReadByte(MacState)));
        if (info.State is not TcpState.Listen)
            info.ReadMac(fields);
        return info;
    }

    private void ReadMac(VersionedStructReader info)
    {
        // Zero is not measured yet, or less than the kernel's step of 1 ms: either says nothing of the way.
        if (info.ReadUInt32(MacRoundTripTime) is > 0 and { } roundTrip)
        {
            RoundTripTime = TimeSpan.FromMilliseconds(roundTrip);
            RoundTripTimeVariance = Age(info.ReadUInt32(MacRoundTripTimeVariance));
        }

        Retransmits = info.ReadInt64(MacRetransmits);
        RetransmittedBytes = info.ReadInt64(MacBytesRetransmitted);
        if (!HasShakenHands)
            return;
        MaxSegmentSize = (int?)info.ReadUInt32(MacMaxSegmentSize);
        CongestionWindowBytes = info.ReadUInt32(MacCongestionWindow);
    }
}
