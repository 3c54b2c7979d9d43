using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Sockeye;

/// <summary>The binary form of a snapshot. Numbers are little-endian.</summary>
/// <remarks>
/// <code>
///  +---------+---------+------+----------+-------+--------+----------------------------------+
///  | "SkCo"  | version | id   | listener | local | remote | received, sent, age, idle times  |
///  +---------+---------+------+----------+-------+--------+----------------------------------+
///  | unread  | unsent  | handler's state | count of parts | name, bytes | ...                |
///  +---------+---------+-----------------+----------------+-------------+--------------------+
/// </code>
/// A text and a block of bytes have their length in 4 bytes. An address has its kind in one byte (0 none, 4, 6 or 1 for a Unix
/// socket), then a block.
/// </remarks>
internal static class SnapshotFormat
{
    private const byte Version = 1;
    private const int MaxTextLength = 1024;
    private const int MaxParts = 16;

    private static ReadOnlySpan<byte> Magic => "SkCo"u8;

    public static byte[] Write(ConnectionSnapshot snapshot)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Magic);
        WriteByte(output, Version);
        WriteText(output, snapshot.ConnectionId);
        WriteText(output, snapshot.ListenerName);
        WriteEndPoint(output, snapshot.LocalEndPoint);
        WriteEndPoint(output, snapshot.RemoteEndPoint);
        WriteNumber(output, snapshot.BytesReceived);
        WriteNumber(output, snapshot.BytesSent);
        WriteNumber(output, snapshot.Age.Ticks);
        WriteNumber(output, snapshot.IdleTime.Ticks);
        WriteNumber(output, snapshot.ReceiveIdleTime.Ticks);
        WriteNumber(output, snapshot.SendIdleTime.Ticks);
        WriteBlock(output, snapshot.Unread.Span);
        WriteBlock(output, snapshot.Unsent.Span);
        WriteBlock(output, snapshot.HandlerState.Span);
        WriteByte(output, checked((byte)snapshot.Parts.Count));
        foreach (var part in snapshot.Parts)
        {
            WriteText(output, part.Name);
            WriteBlock(output, part.Bytes.Span);
        }

        return output.WrittenCount <= ConnectionSnapshot.MaxLength
            ? output.WrittenSpan.ToArray()
            : throw new InvalidOperationException(
                $"The state of connection {snapshot.ConnectionId} has {output.WrittenCount} bytes, more than the maximum of "
                + $"{ConnectionSnapshot.MaxLength}: lower MaxWaitingBytes or the state of its handler.");
    }

    public static ConnectionSnapshot Read(ReadOnlySpan<byte> bytes)
    {
        var input = new SnapshotReader(bytes);
        if (bytes.Length > ConnectionSnapshot.MaxLength)
            throw input.Error($"it has {bytes.Length} bytes, and the maximum is {ConnectionSnapshot.MaxLength}");
        if (!input.Take(Magic.Length, "its mark").SequenceEqual(Magic))
            throw input.Error("it does not begin with the mark of a snapshot");
        if (input.Take(1, "its version")[0] is not Version and var version)
            throw input.Error($"its version is {version}, and this process reads version {Version}");
        var snapshot = new ConnectionSnapshot
        {
            ConnectionId = input.TakeText("the id", MaxTextLength),
            ListenerName = input.TakeText("the listener", MaxTextLength),
            LocalEndPoint = ReadEndPoint(ref input, "the local address"),
            RemoteEndPoint = ReadEndPoint(ref input, "the remote address"),
            BytesReceived = input.TakeNumber("the bytes received"),
            BytesSent = input.TakeNumber("the bytes sent"),
            Age = new(input.TakeNumber("the age")),
            IdleTime = new(input.TakeNumber("the idle time")),
            ReceiveIdleTime = new(input.TakeNumber("the idle time of receiving")),
            SendIdleTime = new(input.TakeNumber("the idle time of sending")),
            Unread = input.TakeBlock("the unread bytes"),
            Unsent = input.TakeBlock("the unsent bytes"),
            HandlerState = input.TakeBlock("the state of the handler"),
            Parts = ReadParts(ref input),
        };
        if (snapshot.BytesReceived < snapshot.Unread.Length)
            throw input.Error("more bytes are unread than were received");
        return input.IsAtEnd ? snapshot : throw input.Error("bytes follow its end");
    }

    private static List<SnapshotPart> ReadParts(ref SnapshotReader input)
    {
        var count = input.Take(1, "the number of parts")[0];
        if (count > MaxParts)
            throw input.Error($"it has {count} parts, and the maximum is {MaxParts}");
        List<SnapshotPart> parts = [];
        for (var i = 0; i < count; i++)
            parts.Add(new(input.TakeText("the name of a part", MaxTextLength), input.TakeBlock("a part")));
        return parts;
    }

    private static void WriteByte(ArrayBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> output, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    public static void WriteBlock(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), bytes.Length);
        output.Advance(sizeof(int));
        output.Write(bytes);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > MaxTextLength)
        {
            throw new InvalidOperationException(
                $"The text '{text[..32]}…' has {bytes.Length} bytes; the maximum is {MaxTextLength}.");
        }

        WriteBlock(output, bytes);
    }

    public static void WriteEndPoint(ArrayBufferWriter<byte> output, EndPoint? endpoint)
    {
        switch (endpoint)
        {
            case null:
                WriteByte(output, 0);
                return;
            case IPEndPoint ip:
                var address = ip.Address.GetAddressBytes();
                WriteByte(output, (byte)(address.Length == 4 ? 4 : 6));
                Span<byte> rest = stackalloc byte[10];
                BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)ip.Port);
                BinaryPrimitives.WriteInt64LittleEndian(rest[2..], address.Length == 4 ? 0 : ip.Address.ScopeId);
                WriteBlock(output, [.. address, .. rest]);
                return;
            case not null when UnixPathEndPoint.IsUnix(endpoint):
                WriteByte(output, 1);
                var unix = endpoint.Serialize();
                var name = unix.Buffer.Span[2..unix.Size];
                // A path may end in NUL; an abstract name begins with one, and each of its bytes counts: unix(7).
                WriteBlock(output, name is [not 0, ..] ? name.TrimEnd((byte)0) : name);
                return;
            default:
                throw new InvalidOperationException(
                    $"An address of the type {endpoint.GetType().Name} ({endpoint}) does not move, only those of IP and of Unix "
                    + "sockets do.");
        }
    }

    public static EndPoint? ReadEndPoint(ref SnapshotReader input, string what)
    {
        var kind = input.Take(1, what)[0];
        if (kind == 0)
            return null;
        var bytes = input.TakeBlock(what).AsSpan();
        switch (kind, bytes.Length)
        {
            case (4, 14) or (6, 26):
                var address = bytes[..^10];
                var rest = bytes[^10..];
                var scope = BinaryPrimitives.ReadInt64LittleEndian(rest[2..]);
                if (scope is < 0 or > uint.MaxValue)
                    throw input.Error($"{what} has a scope that does not exist");
                IPAddress ip = kind == 4 ? new(address) : new(address, scope);
                return new IPEndPoint(ip, BinaryPrimitives.ReadUInt16LittleEndian(rest));
            case (1, <= UnixPathEndPoint.MaxLength + 1):
                return UnixPathEndPoint.Create(bytes);
            default:
                throw input.Error($"{what} has the kind {kind} and {bytes.Length} bytes");
        }
    }
}
