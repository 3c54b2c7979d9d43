using System.Buffers.Binary;

namespace Sockeye.Cli;

/// <summary>The part of <c>struct tcp_info</c> (tcp(7)) that is shown. Older kernels report less: then a value is
/// 0.</summary>
internal readonly struct SocketMeasures
{
    private const int MinLength = 104; // Linux 2.6: up to tcpi_total_retrans.

    public bool IsKnown { get; private init; }

    /// <summary>Gets the number of timeouts in a row for the data that is in flight.</summary>
    public byte Backoff { get; private init; }

    /// <summary>Gets the time until a retransmit, in µs.</summary>
    public uint RetransmitTimeout { get; private init; }

    /// <summary>Gets the size of the largest segment that this side sends.</summary>
    public uint MaxSegmentSize { get; private init; }

    /// <summary>Gets the size of the largest packet of the path.</summary>
    public uint PathMtu { get; private init; }

    public uint Unacknowledged { get; private init; }

    public uint Lost { get; private init; }

    /// <summary>Gets the time since data was last sent, in milliseconds.</summary>
    public uint SinceSent { get; private init; }

    /// <summary>Gets the time since data was last received, in milliseconds.</summary>
    public uint SinceReceived { get; private init; }

    /// <summary>Gets the smoothed round-trip time in µs; 0 if not measured.</summary>
    public uint RoundTrip { get; private init; }

    public uint RoundTripVariance { get; private init; }

    public uint MinRoundTrip { get; private init; }

    public uint CongestionWindow { get; private init; }

    /// <summary>Gets the segments retransmitted since the connection was opened.</summary>
    public uint Retransmits { get; private init; }

    public ulong BytesAcknowledged { get; private init; }

    public ulong BytesReceived { get; private init; }

    /// <summary>Gets the bytes that the kernel has not sent yet.</summary>
    public uint Unsent { get; private init; }

    /// <summary>Gets the rate in bytes a second at which the peer acknowledged most recently.</summary>
    public ulong DeliveryRate { get; private init; }

    /// <summary>Gets the time in µs during which data waited to be sent or acknowledged.</summary>
    public ulong Busy { get; private init; }

    /// <summary>Gets the part of <see cref="Busy"/> during which the peer's window was full.</summary>
    public ulong WindowLimited { get; private init; }

    /// <summary>Gets the part of <see cref="Busy"/> during which the send buffer was too small.</summary>
    public ulong BufferLimited { get; private init; }

    /// <summary>Reads the structure, as long as this kernel makes it.</summary>
    public static SocketMeasures Read(ReadOnlySpan<byte> info) => info.Length < MinLength ? default : new()
    {
        IsKnown = true,
        Backoff = info[4],
        RetransmitTimeout = U32(info, 8),
        MaxSegmentSize = U32(info, 16),
        Unacknowledged = U32(info, 24),
        Lost = U32(info, 32),
        SinceSent = U32(info, 44),
        SinceReceived = U32(info, 52),
        PathMtu = U32(info, 60),
        RoundTrip = U32(info, 68),
        RoundTripVariance = U32(info, 72),
        CongestionWindow = U32(info, 80),
        Retransmits = U32(info, 100),
        BytesAcknowledged = U64(info, 120),
        BytesReceived = U64(info, 128),
        Unsent = U32(info, 144),
        MinRoundTrip = U32(info, 148) is var shortest && shortest == uint.MaxValue ? 0 : shortest,
        DeliveryRate = U64(info, 160),
        Busy = U64(info, 168),
        WindowLimited = U64(info, 176),
        BufferLimited = U64(info, 184),
    };

    private static uint U32(ReadOnlySpan<byte> info, int offset) =>
        info.Length < offset + sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(info[offset..]);

    private static ulong U64(ReadOnlySpan<byte> info, int offset) =>
        info.Length < offset + sizeof(ulong) ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(info[offset..]);
}
