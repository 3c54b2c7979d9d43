using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye;

/// <summary>A connection whose socket is in the descriptor store of systemd.</summary>
/// <param name="Cookie">The number of the socket (<see cref="SocketCookie"/>): the store does not keep the order of its
/// descriptors.</param>
/// <param name="StoppedAt">The time at which it was paused, on the monotonic clock of the system.</param>
/// <param name="State">The bytes of its <see cref="ConnectionSnapshot"/>.</param>
internal sealed record StoredConnection(ulong Cookie, TimeSpan StoppedAt, ReadOnlyMemory<byte> State);

/// <summary>The bytes beside the sockets in the descriptor store: the states of several connections. Numbers are
/// little-endian.</summary>
/// <remarks>
/// <code>
///  +---------+---------+-------+--------+------------+--------+-------+----------------+
///  | "SkCs"  | version | count | cookie | stopped at | length | state | cookie | ...   |
///  | 4 bytes | 1       | 4     | 8      | 8, µs      | 4      |       |        |       |
///  +---------+---------+-------+--------+------------+--------+-------+----------------+
/// </code>
/// </remarks>
internal static class StoredConnections
{
    /// <summary>The maximum number of bytes.</summary>
    public const int MaxLength = 64 << 20;

    /// <summary>The number of bytes that a connection needs beside its state.</summary>
    public const int Overhead = (2 * sizeof(long)) + sizeof(int);

    private const byte Version = 1;

    private static ReadOnlySpan<byte> Magic => "SkCs"u8;

    public static byte[] Write(IReadOnlyCollection<StoredConnection> connections)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Magic);
        output.Write([Version]);
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), connections.Count);
        output.Advance(sizeof(int));
        foreach (var connection in connections)
        {
            var span = output.GetSpan(2 * sizeof(long));
            BinaryPrimitives.WriteUInt64LittleEndian(span, connection.Cookie);
            BinaryPrimitives.WriteInt64LittleEndian(span[sizeof(long)..], (long)connection.StoppedAt.TotalMicroseconds);
            output.Advance(2 * sizeof(long));
            SnapshotFormat.WriteBlock(output, connection.State.Span);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are something else, or of a later version. The message has the place and
    /// the reason.</exception>
    public static IReadOnlyList<StoredConnection> Read(ReadOnlySpan<byte> bytes)
    {
        var input = new SnapshotReader(bytes);
        if (!input.Take(Magic.Length, "its mark").SequenceEqual(Magic))
            throw input.Error("it does not begin with the mark of stored connections");
        if (input.Take(1, "its version")[0] is not Version and var version)
            throw input.Error($"its version is {version}, and this process reads version {Version}");
        var count = BinaryPrimitives.ReadInt32LittleEndian(input.Take(sizeof(int), "the number of connections"));
        if (count < 0 || count > bytes.Length / Overhead)
            throw input.Error($"it has {(uint)count} connections, more than its bytes");
        List<StoredConnection> connections = [];
        for (var i = 0; i < count; i++)
        {
            var cookie = BinaryPrimitives.ReadUInt64LittleEndian(input.Take(sizeof(ulong), "the number of a socket"));
            var stopped = TimeSpan.FromMicroseconds(
                Math.Min(input.TakeNumber("the time of the pause"), TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond));
            connections.Add(new(cookie, stopped, input.TakeBlock("the state of a connection")));
        }

        return input.IsAtEnd ? connections : throw input.Error("bytes follow its end");
    }
}
