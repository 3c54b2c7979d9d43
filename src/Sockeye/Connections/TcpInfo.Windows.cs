using System.Net.NetworkInformation;

namespace Sockeye;

/// <summary>
/// <c>TCP_INFO_v0</c> of Windows 10 1703 and Windows Server 2016 (mstcpip.h). Offsets count from its begin; times are in
/// microseconds, windows in bytes.
/// </summary>
public sealed partial class TcpInfo
{
    /// <summary>The struct: its last field is a byte, its alignment that of ULONG64.</summary>
    internal const int WindowsSize = 88;

    private const int WindowsState = 0; // TCPSTATE State, an enum of 4 bytes
    private const int WindowsMaxSegmentSize = 4; // ULONG Mss
    private const int WindowsRoundTripTime = 20; // ULONG RttUs, after ULONG64 ConnectionTimeMs and BOOLEAN TimestampsEnabled
    private const int WindowsMinRoundTripTime = 24; // ULONG MinRttUs
    private const int WindowsBytesInFlight = 28; // ULONG BytesInFlight
    private const int WindowsCongestionWindow = 32; // ULONG Cwnd
    private const int WindowsBytesRetransmitted = 68; // ULONG BytesRetrans, after ULONG64 BytesOut (48), BytesIn (56)

    // TCPSTATE_… of mstcpip.h, from 0 up.
    private static readonly TcpState[] WindowsStates =
    [
        TcpState.Closed, TcpState.Listen, TcpState.SynSent, TcpState.SynReceived, TcpState.Established, TcpState.FinWait1,
        TcpState.FinWait2, TcpState.CloseWait, TcpState.Closing, TcpState.LastAck, TcpState.TimeWait,
    ];

    /// <summary>Null where the system told nothing.</summary>
    internal static TcpInfo? OfWindows(ReadOnlySpan<byte> bytes)
    {
        var fields = new VersionedStructReader(bytes, WindowsSize);
        if (fields.IsEmpty)
            return null;
        var info = new TcpInfo(Find(WindowsStates, fields.ReadUInt32(WindowsState)));
        if (info.HasShakenHands)
            info.ReadWindows(fields);
        return info;
    }

    private void ReadWindows(VersionedStructReader info)
    {
        RoundTripTime = Measured(info.ReadUInt32(WindowsRoundTripTime));
        MinRoundTripTime = Measured(info.ReadUInt32(WindowsMinRoundTripTime));
        MaxSegmentSize = (int?)info.ReadUInt32(WindowsMaxSegmentSize);
        CongestionWindowBytes = info.ReadUInt32(WindowsCongestionWindow);
        UnacknowledgedBytes = info.ReadUInt32(WindowsBytesInFlight);
        RetransmittedBytes = info.ReadUInt32(WindowsBytesRetransmitted);
    }
}
