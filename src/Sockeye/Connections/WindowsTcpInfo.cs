using System.Buffers.Binary;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Sockeye;

/// <summary>
/// Reads <c>TCP_INFO_v0</c> of Windows 10 1703 and Windows Server 2016 (mstcpip.h). Times are in microseconds, windows in bytes.
/// </summary>
internal static class WindowsTcpInfo
{
    private const int TcpInfoControl = unchecked((int)0xD8000027); // SIO_TCP_INFO
    private const int StructVersion = 0; // TCP_INFO_v0: later versions add only fields that are not read here.

    /// <summary>The size of the struct: its last field is a byte, its alignment that of ULONG64.</summary>
    private const int Size = 88;

    // Offsets in bytes from the start of the struct.
    private const int State = 0; // TCPSTATE State, an enum of 4 bytes
    private const int MaxSegmentSize = 4; // ULONG Mss
    private const int RoundTripTime = 20; // ULONG RttUs, after ULONG64 ConnectionTimeMs and BOOLEAN TimestampsEnabled
    private const int MinRoundTripTime = 24; // ULONG MinRttUs
    private const int BytesInFlight = 28; // ULONG BytesInFlight
    private const int CongestionWindow = 32; // ULONG Cwnd
    private const int BytesRetransmitted = 68; // ULONG BytesRetrans, after ULONG64 BytesOut (48), BytesIn (56)

    /// <summary>TCPSTATE_… of mstcpip.h, from 0.</summary>
    private static readonly TcpState[] States =
    [
        TcpState.Closed, TcpState.Listen, TcpState.SynSent, TcpState.SynReceived, TcpState.Established, TcpState.FinWait1,
        TcpState.FinWait2, TcpState.CloseWait, TcpState.Closing, TcpState.LastAck, TcpState.TimeWait,
    ];

    [SupportedOSPlatform("windows")]
    public static TcpInfo? Read(Socket socket)
    {
        if (socket.ProtocolType is not ProtocolType.Tcp)
            return null;
        var (version, bytes) = (new byte[sizeof(uint)], new byte[Size]);
        BinaryPrimitives.WriteInt32LittleEndian(version, StructVersion);
        try
        {
            return Parse(bytes.AsSpan(0, socket.IOControl(TcpInfoControl, version, bytes)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null; // The socket is closed or listening, or Windows is older than 10 1703.
        }
    }

    /// <summary>Returns the values, or null if the system reported nothing.</summary>
    public static TcpInfo? Parse(ReadOnlySpan<byte> bytes)
    {
        var fields = new VersionedStructReader(bytes, Size);
        if (fields.IsEmpty)
            return null;
        var info = new TcpInfo(TcpInfo.FindState(States, fields.ReadUInt32(State)));
        if (!info.IsHandshakeComplete)
            return info;
        info.RoundTripTime = TcpInfo.FromMeasuredMicroseconds(fields.ReadUInt32(RoundTripTime));
        info.MinRoundTripTime = TcpInfo.FromMeasuredMicroseconds(fields.ReadUInt32(MinRoundTripTime));
        info.MaxSegmentSize = (int?)fields.ReadUInt32(MaxSegmentSize);
        info.CongestionWindowBytes = fields.ReadUInt32(CongestionWindow);
        info.UnacknowledgedBytes = fields.ReadUInt32(BytesInFlight);
        info.RetransmittedBytes = fields.ReadUInt32(BytesRetransmitted);
        return info;
    }
}
