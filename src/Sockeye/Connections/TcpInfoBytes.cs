using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// <c>struct tcp_info</c> (linux/tcp.h) as far as the kernel filled it: an older one tells less. Allocates nothing.
/// </summary>
internal readonly ref struct TcpInfoBytes
{
    /// <summary>What is asked for: the struct up to <c>tcpi_bytes_retrans</c>.</summary>
    public const int Size = 216;

    public const int MaxSegmentSize = 16;
    public const int Unacknowledged = 24;
    public const int SelectivelyAcknowledged = 28;
    public const int Lost = 32;
    public const int RetransmitsInFlight = 36;
    public const int LastDataSent = 44;
    public const int LastDataReceived = 52;
    public const int RoundTripTime = 68;
    public const int RoundTripTimeVariance = 72;
    public const int CongestionWindow = 80;
    public const int Retransmits = 100;
    public const int BytesAcknowledged = 120;
    public const int NotSent = 144;
    public const int MinRoundTripTime = 148;
    public const int DeliveryRate = 160;
    public const int BytesSent = 200;
    public const int BytesRetransmitted = 208;

    // Old kernels tell up to here at least (Linux 2.6).
    private const int SmallestSize = RoundTripTime + sizeof(uint);

    private static readonly TcpState[] States =
    [
        TcpState.Unknown, TcpState.Established, TcpState.SynSent, TcpState.SynReceived, TcpState.FinWait1, TcpState.FinWait2,
        TcpState.TimeWait, TcpState.Closed, TcpState.CloseWait, TcpState.LastAck, TcpState.Listen, TcpState.Closing,
    ];

    private readonly VersionedStructReader _info;

    public TcpInfoBytes(ReadOnlySpan<byte> info) => _info = new(info, SmallestSize);

    /// <summary>Whether the kernel told nothing.</summary>
    public bool IsEmpty => _info.IsEmpty;

    public TcpState State => TcpInfo.Find(States, _info.ReadByte(0));

    public SystemProgress? Progress => State is not TcpState.Listen && Long(BytesAcknowledged) is { } acknowledged
        ? new(acknowledged, Number(Unacknowledged) > 0 || Number(NotSent) > 0)
        : null;

    /// <summary>Asks the kernel; empty for what is not TCP, on other systems, and once the socket is closed.</summary>
    /// <param name="socket">Which one.</param>
    /// <param name="buffer">Of <see cref="Size"/> bytes.</param>
    public static TcpInfoBytes Read(Socket socket, Span<byte> buffer) =>
        OperatingSystem.IsLinux() ? new(TcpInfoSource.Linux(socket, buffer)) : default;

    /// <summary>A 32-bit field; null where this kernel does not know it.</summary>
    public uint? Number(int offset) => _info.ReadUInt32(offset);

    /// <summary>A 64-bit field; null where this kernel does not know it.</summary>
    public long? Long(int offset) => _info.ReadInt64(offset);
}
