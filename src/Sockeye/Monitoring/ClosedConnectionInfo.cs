using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Describes a connection of a server that has ended.</summary>
public sealed class ClosedConnectionInfo
{
    internal ClosedConnectionInfo(
        ConnectionContext connection, EndPoint listener, DateTimeOffset closedAt, TimeSpan duration, CloseReason reason)
    {
        (ConnectionId, ListenerEndPoint) = (connection.ConnectionId, listener);
        (LocalEndPoint, RemoteEndPoint) = (connection.LocalEndPoint, connection.RemoteEndPoint);
        (ClosedAt, Duration, CloseReason) = (closedAt, duration, reason);
        (BytesReceived, BytesSent) = (connection.BytesReceived, connection.BytesSent);
    }

    /// <summary>Gets the id of the connection, as in the log.</summary>
    public string ConnectionId { get; }

    /// <summary>
    /// Gets the endpoint of the listener that accepted the connection: one of <see cref="SockeyeServer.EndPoints"/>.
    /// </summary>
    public EndPoint ListenerEndPoint { get; }

    /// <summary>Gets the address of this side; with a PROXY header, the address to which the client connected.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>Gets the address of the client; with a PROXY header, that of the original client.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>Gets the time at which the connection was closed, by the server's clock.</summary>
    public DateTimeOffset ClosedAt { get; }

    /// <summary>Gets the time from the accept to the close.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Gets the number of bytes received from the peer. Null if the transport does not report it.</summary>
    public long? BytesReceived { get; }

    /// <summary>Gets the number of bytes given to the system for the peer. Null if the transport does not report it.</summary>
    public long? BytesSent { get; }

    /// <summary>Gets the reason of the end. For a client that was refused, it names the limit or rule.</summary>
    public CloseReason CloseReason { get; }
}
