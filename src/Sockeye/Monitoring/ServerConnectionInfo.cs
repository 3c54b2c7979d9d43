using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A snapshot of an open connection of a server.</summary>
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

    /// <summary>Gets the id of the connection, as in the log and for <see cref="SockeyeServer.Abort"/>.</summary>
    public string ConnectionId => _connection.ConnectionId;

    /// <summary>
    /// Gets the endpoint of the listener that accepted the connection: one of <see cref="SockeyeServer.EndPoints"/>.
    /// </summary>
    public EndPoint ListenerEndPoint { get; }

    /// <summary>Gets the address of this side; with a PROXY header, the address to which the client connected.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>Gets the address of the client; with a PROXY header, that of the original client.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>Gets the address of the proxy that sent a PROXY header; otherwise null.</summary>
    public EndPoint? ProxyEndPoint { get; }

    /// <summary>Gets the state of the connection.</summary>
    public ConnectionState State { get; }

    /// <summary>
    /// Gets whether receiving has been paused for 100 ms or longer, because the handler does not read. False if the transport
    /// does not report it.
    /// </summary>
    /// <remarks>
    /// With TLS, this concerns the encrypted bytes, as do all figures of this class. Receiving pauses when both the decrypted and
    /// the encrypted bytes that wait have reached their limits.
    /// </remarks>
    public bool IsReadPaused { get; }

    /// <summary>Gets the time for which <see cref="IsReadPaused"/> has been true; zero if it is false.</summary>
    public TimeSpan ReadPausedFor { get; }

    /// <summary>
    /// Gets whether the system has accepted none of the flushed data for 100 ms or longer, because the peer does not read. False
    /// if the transport does not report it.
    /// </summary>
    public bool IsSendBlocked { get; }

    /// <summary>Gets the time for which <see cref="IsSendBlocked"/> has been true; zero if it is false.</summary>
    public TimeSpan SendBlockedFor { get; }

    /// <summary>Gets the time since a byte was received or sent. Null if the transport does not report it.</summary>
    public TimeSpan? IdleTime { get; }

    /// <summary>Gets the time since the accept.</summary>
    public TimeSpan Age { get; }

    /// <summary>Gets the number of bytes received from the peer. Null if the transport does not report it.</summary>
    public long? BytesReceived { get; }

    /// <summary>Gets the number of bytes given to the system for the peer. Null if the transport does not report it.</summary>
    public long? BytesSent { get; }

    /// <summary>Gets the reason of the end of one or both directions. Null while both are open.</summary>
    public CloseReason? CloseReason { get; }

    /// <summary>
    /// Returns the kernel's current view of the connection, which is newer than this snapshot. Makes one system call. Null once
    /// the connection is closed, or if the system does not report it.
    /// </summary>
    public TcpInfo? GetTcpInfo() => _connection.GetTcpInfo();

    private static ConnectionState GetState(HandlerPhase phase, CloseReason? reason, bool hasEnded) => phase switch
    {
        HandlerPhase.Accepted or HandlerPhase.Held => ConnectionState.Waiting,
        HandlerPhase.Returned => ConnectionState.Closing,
        _ when hasEnded || reason is { Direction: CloseDirection.Both } => ConnectionState.Closing,
        _ => reason is null ? ConnectionState.Open : ConnectionState.HalfClosed,
    };
}
