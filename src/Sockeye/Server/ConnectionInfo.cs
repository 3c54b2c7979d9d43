using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One open connection of a server, as it was when it was asked for.</summary>
public sealed class ConnectionInfo
{
    private readonly ConnectionContext _connection;

    internal ConnectionInfo(ConnectionContext connection, EndPoint listener, TimeSpan age)
    {
        (_connection, ListenerEndPoint, Age) = (connection, listener, age);
        (LocalEndPoint, RemoteEndPoint) = (connection.LocalEndPoint, connection.RemoteEndPoint);
        (BytesReceived, BytesSent) = (connection.BytesReceived, connection.BytesSent);
        CloseReason = connection.CloseReason;
    }

    /// <summary>Its name in the log and for <see cref="SockeyeServer.Abort"/>.</summary>
    public string ConnectionId => _connection.ConnectionId;

    /// <summary>The listener that accepted it: one of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public EndPoint ListenerEndPoint { get; }

    /// <summary>This side's address; behind a PROXY header, the one that the client dialled.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The client's address; behind a PROXY header, the original client's.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>Time since it was accepted.</summary>
    public TimeSpan Age { get; }

    /// <summary>Bytes taken from the peer; null where the transport does not tell.</summary>
    public long? BytesReceived { get; }

    /// <summary>Bytes given to the system for the peer; null where the transport does not tell.</summary>
    public long? BytesSent { get; }

    /// <summary>Why it ends, or one of its directions has ended; null while both are open.</summary>
    public CloseReason? CloseReason { get; }

    /// <summary>What the kernel knows of it now, not then: one system call. Null once it is closed, and where the system does not
    /// tell.</summary>
    public TcpInfo? ReadTcpInfo() => _connection.TcpInfo;
}
