using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One open connection of a server, as it was when it was asked for.</summary>
public sealed class ServerConnectionInfo
{
    private readonly ConnectionContext _connection;

    internal ServerConnectionInfo(ConnectionContext connection, EndPoint listener, TimeSpan age, HandlerPhase phase)
    {
        (_connection, ListenerEndPoint, Age) = (connection, listener, age);
        (LocalEndPoint, RemoteEndPoint) = (connection.LocalEndPoint, connection.RemoteEndPoint);
        ProxyEndPoint = connection.Features.Get<IProxiedConnectionFeature>()?.ProxyEndPoint;
        (BytesReceived, BytesSent) = (connection.BytesReceived, connection.BytesSent);
        CloseReason = connection.EndReason;
        var progress = connection.Features.Get<IConnectionProgressFeature>();
        State = GetState(phase, CloseReason, progress is { HasEnded: true });
        if (progress is not null)
        {
            (IsReadPaused, IsSendBlocked) = (progress.IsReadPaused, progress.IsSendBlocked);
            (ReadPausedFor, SendBlockedFor) = (progress.ReadPausedFor, progress.SendBlockedFor);
            IdleTime = progress.Progress.IdleTime;
        }
    }

    /// <summary>Its name in the log and for <see cref="SockeyeServer.Abort"/>.</summary>
    public string ConnectionId => _connection.ConnectionId;

    /// <summary>The listener that accepted it: one of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public EndPoint ListenerEndPoint { get; }

    /// <summary>This side's address; behind a PROXY header, the one that the client dialled.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The client's address; behind a PROXY header, the original client's.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>Behind a PROXY header, the proxy's own address; otherwise null.</summary>
    public EndPoint? ProxyEndPoint { get; }

    /// <summary>What it does or waits for.</summary>
    public ConnectionState State { get; }

    /// <summary>Whether its handler does not read, so that for 100 ms or longer nothing more is taken from the peer:
    /// back-pressure inward. False where the transport does not tell.</summary>
    /// <remarks>Over TLS of the encrypted bytes, as all that is told of a connection here: the peer's next bytes are not taken
    /// when both the plain and the encrypted ones that wait have reached their limit.</remarks>
    public bool IsReadPaused { get; }

    /// <summary>For how long <see cref="IsReadPaused"/> has been so; zero where it is not so.</summary>
    public TimeSpan ReadPausedFor { get; }

    /// <summary>Whether its peer does not take what is sent: something was flushed of which the system has taken nothing for 100
    /// ms or longer. False where the transport does not tell.</summary>
    public bool IsSendBlocked { get; }

    /// <summary>For how long <see cref="IsSendBlocked"/> has been so; zero where it is not so.</summary>
    public TimeSpan SendBlockedFor { get; }

    /// <summary>Time since a byte crossed it in either direction; null where the transport does not tell.</summary>
    public TimeSpan? IdleTime { get; }

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
    public TcpInfo? GetTcpInfo() => _connection.GetTcpInfo();

    private static ConnectionState GetState(HandlerPhase phase, CloseReason? reason, bool hasEnded) => phase switch
    {
        HandlerPhase.Accepted or HandlerPhase.Held => ConnectionState.Waiting,
        HandlerPhase.Returned => ConnectionState.Closing,
        _ when hasEnded || reason is { Direction: CloseDirection.Both } => ConnectionState.Closing,
        _ => reason is null ? ConnectionState.Open : ConnectionState.HalfClosed,
    };
}
