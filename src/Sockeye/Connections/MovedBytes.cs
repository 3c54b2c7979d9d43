using System.Net;

namespace Sockeye.Transports;

/// <summary>The bytes and counts of a connection that continues on another connection object.</summary>
public sealed record MovedBytes
{
    /// <summary>Gets the number of bytes that have arrived, with those of <see cref="Unread"/>.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Gets the bytes that have arrived, and that the handler has not consumed.</summary>
    public ReadOnlyMemory<byte> Unread { get; init; }

    /// <summary>Gets the number of bytes that the system has accepted for the peer, without those of
    /// <see cref="Unsent"/>.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Gets the bytes that the handler has written, and that the system has not accepted.</summary>
    public ReadOnlyMemory<byte> Unsent { get; init; }

    /// <summary>Gets the time since bytes were received or sent.</summary>
    public TimeSpan IdleTime { get; init; }

    /// <summary>Gets the address of this side. Null if it is unknown.</summary>
    public EndPoint? LocalEndPoint { get; init; }

    /// <summary>Gets the address of the peer. Null if it is unknown.</summary>
    public EndPoint? RemoteEndPoint { get; init; }
}
