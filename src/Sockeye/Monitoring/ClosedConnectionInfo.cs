using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One connection of a server that has ended, and how.</summary>
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

    /// <summary>Its name in the log.</summary>
    public string ConnectionId { get; }

    /// <summary>The listener that accepted it: one of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public EndPoint ListenerEndPoint { get; }

    /// <summary>This side's address; behind a PROXY header, the one that the client dialled.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The client's address; behind a PROXY header, the original client's.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>When it was closed, by the server's clock.</summary>
    public DateTimeOffset ClosedAt { get; }

    /// <summary>From accepted to closed.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Bytes taken from the peer; null where the transport does not tell.</summary>
    public long? BytesReceived { get; }

    /// <summary>Bytes given to the system for the peer; null where the transport does not tell.</summary>
    public long? BytesSent { get; }

    /// <summary>Who ended it, how and why; of a client that was refused, which limit or rule did so.</summary>
    public CloseReason CloseReason { get; }
}
