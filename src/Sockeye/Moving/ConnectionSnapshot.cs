using System.Net;

namespace Sockeye;

/// <summary>The state of a connection, taken at one moment, from which another server continues it: all but its socket.</summary>
/// <remarks>Immutable. <see cref="ToArray"/> and <see cref="Parse"/> convert it to bytes and back, for another process.</remarks>
public sealed record ConnectionSnapshot
{
    /// <summary>The maximum length in bytes of the form of <see cref="ToArray"/>: 16 MiB.</summary>
    public const int MaxLength = 16 << 20;

    /// <summary>Gets the id of the connection, as in the log.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>Gets the address of the listener that accepted the connection, by which the other server finds its endpoint: an
    /// entry of <see cref="SockeyeServer.EndPoints"/>, as text.</summary>
    public required string ListenerName { get; init; }

    /// <summary>Gets the address of this side; with a PROXY header, the address to which the client connected.</summary>
    public EndPoint? LocalEndPoint { get; init; }

    /// <summary>Gets the address of the client; with a PROXY header, that of the original client.</summary>
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>Gets the number of bytes received from the peer, with <see cref="Unread"/>.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Gets the number of bytes given to the system for the peer, without <see cref="Unsent"/>.</summary>
    public long BytesSent { get; init; }

    /// <summary>Gets the time since the accept.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>Gets the time since a byte was received or sent.</summary>
    public TimeSpan IdleTime { get; init; }

    /// <summary>Gets the time since a byte was received.</summary>
    public TimeSpan ReceiveIdleTime { get; init; }

    /// <summary>Gets the time since a byte was sent.</summary>
    public TimeSpan SendIdleTime { get; init; }

    /// <summary>Gets the bytes that have arrived, and that the handler has not consumed.</summary>
    public ReadOnlyMemory<byte> Unread { get; init; }

    /// <summary>Gets the bytes that the handler has written, and that the system has not accepted.</summary>
    public ReadOnlyMemory<byte> Unsent { get; init; }

    /// <summary>Gets the state that the handler has given: at most as much as <c>UseMoving</c> allows.</summary>
    public ReadOnlyMemory<byte> HandlerState { get; init; }

    /// <summary>The states of middleware and groups, by name.</summary>
    internal IReadOnlyList<SnapshotPart> Parts { get; init; } = [];

    internal TimeoutClocks Clocks => new(Age, IdleTime, ReceiveIdleTime, SendIdleTime, BytesReceived, BytesSent);

    /// <summary>Returns the binary form, which begins with its version.</summary>
    /// <exception cref="InvalidOperationException">It would exceed <see cref="MaxLength"/>, or a text or an address is too
    /// long.</exception>
    public byte[] ToArray() => SnapshotFormat.Write(this);

    /// <summary>Reads the binary form.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a snapshot, or are one of a later version. The message has the
    /// place and the reason.</exception>
    public static ConnectionSnapshot Parse(ReadOnlySpan<byte> bytes) => SnapshotFormat.Read(bytes);
}

/// <summary>The state of one middleware, or of the groups, of a connection that moves.</summary>
internal sealed record SnapshotPart(string Name, ReadOnlyMemory<byte> Bytes);
