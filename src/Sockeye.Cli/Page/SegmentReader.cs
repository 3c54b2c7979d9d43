using System.Buffers.Binary;
using System.Net;

namespace Sockeye.Cli;

/// <summary>Reads segments from IPv4 packets, and counts sequence numbers from those of the SYNs.</summary>
/// <remarks>
/// <code>
/// IPv4:  0 version, header length (words)   2 total length   6 fragment offset   9 protocol   12 source   16 destination
/// TCP:   0 source port   2 destination port   4 sequence   8 acknowledgement   12 data offset (words)   13 flags
/// </code>
/// </remarks>
/// <param name="server">The endpoint of the server: IPv4.</param>
internal sealed class SegmentReader(IPEndPoint server)
{
    private const int MinHeader = 20;
    private const byte Tcp = 6;
    private const int SourceAddress = 12, TargetAddress = 16;
    private const byte SynFlag = 2, AckFlag = 16;
    private const int MaxConnections = 1024;

    private static readonly (byte Bit, string Name)[] FlagNames = [(2, "SYN"), (1, "FIN"), (4, "RST"), (8, "PSH"), (16, "ACK")];

    private readonly byte[] _address = server.Address.GetAddressBytes();
    private readonly Dictionary<(int Port, bool IsFromClient), Direction> _directions = [];

    /// <summary>Returns the segment of a packet; null if the packet has none of the endpoint.</summary>
    /// <param name="packet">The packet, from its IP header. Data at its end may be missing.</param>
    /// <param name="time">The time of the segment.</param>
    public Segment? Read(ReadOnlySpan<byte> packet, double time)
    {
        if (packet.Length < MinHeader || packet[0] >> 4 != 4 || packet[9] != Tcp
            || (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1FFF) != 0)
        {
            return null;
        }

        var total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        var ipLength = (packet[0] & 15) * 4;
        if (ipLength < MinHeader || packet.Length < ipLength + MinHeader)
            return null;
        var tcp = packet[ipLength..];
        var source = BinaryPrimitives.ReadUInt16BigEndian(tcp);
        var target = BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]);
        var isFromClient = IsServer(packet[TargetAddress..], target);
        if (isFromClient == IsServer(packet[SourceAddress..], source))
            return null;
        var length = Math.Max(0, total - ipLength - ((tcp[12] >> 4) * 4));
        return Read(tcp, isFromClient ? source : target, isFromClient, length, time);
    }

    private bool IsServer(ReadOnlySpan<byte> address, int port) =>
        port == server.Port && address.StartsWith(_address);

    private Segment Read(ReadOnlySpan<byte> tcp, int client, bool isFromClient, int length, double time)
    {
        var sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
        var acknowledged = BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]);
        var flags = tcp[13];
        var own = GetDirection(client, isFromClient);
        var isNew = (flags & SynFlag) != 0 && own.First != sequence;
        if (isNew)
            (own.First, own.Next) = (sequence, null);
        var peer = GetDirection(client, !isFromClient);
        var end = sequence + (uint)length + ((flags & 3) != 0 ? 1u : 0u);
        var isRepeated = end != sequence && own.Next is { } next && (int)(end - next) <= 0;
        if (!isRepeated && end != sequence)
            own.Next = end;
        return new(0, time, client, isFromClient, FormatFlags(flags), length)
        {
            Sequence = sequence - own.First,
            Acknowledged = (flags & AckFlag) != 0 ? acknowledged - peer.First : null,
            IsRepeated = isRepeated,
        };
    }

    private static string FormatFlags(byte flags) =>
        string.Join(", ", FlagNames.Where(flag => (flags & flag.Bit) != 0).Select(flag => flag.Name));

    private Direction GetDirection(int client, bool isFromClient)
    {
        // Packets of a broken client of another program could have any number of ports.
        if (_directions.Count > MaxConnections)
            _directions.Clear();
        return _directions.TryGetValue((client, isFromClient), out var known)
            ? known
            : _directions[(client, isFromClient)] = new();
    }

    private sealed class Direction
    {
        /// <summary>The sequence number of the SYN; null before it.</summary>
        public uint? First { get; set; }

        /// <summary>The sequence number after the last byte that was sent.</summary>
        public uint? Next { get; set; }
    }
}
