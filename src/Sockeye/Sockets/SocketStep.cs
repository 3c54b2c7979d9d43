using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The socket functions that a connection's life is made of.</summary>
public enum SocketFunction
{
    /// <summary><c>socket()</c>: the protocol is chosen.</summary>
    Socket,

    /// <summary><c>bind()</c>: the local address is decided.</summary>
    Bind,

    /// <summary><c>listen()</c>: handshakes are answered and queued.</summary>
    Listen,

    /// <summary><c>connect()</c>: SYN, SYN/ACK, ACK from the client's side.</summary>
    Connect,

    /// <summary><c>accept()</c>: a new socket for one client.</summary>
    Accept,

    /// <summary><c>send()</c>: bytes given to the system.</summary>
    Send,

    /// <summary><c>recv()</c>: bytes taken from the system; 0 bytes: the peer's FIN.</summary>
    Receive,

    /// <summary><c>shutdown()</c>: FIN, this direction is done.</summary>
    Shutdown,

    /// <summary><c>close()</c>: both directions are done.</summary>
    Close,
}

/// <summary>One call of a socket function by a transport, told to <see cref="SocketTransportOptions.OnStep"/>.</summary>
public sealed class SocketStep
{
    /// <summary>The function that was called.</summary>
    public SocketFunction Function { get; init; }

    /// <summary>
    /// The socket's descriptor (Unix) or handle (Windows); for <see cref="SocketFunction.Accept"/> the new one.
    /// </summary>
    public nint Handle { get; init; }

    /// <summary>The local address, from <see cref="SocketFunction.Bind"/>, <see cref="SocketFunction.Connect"/> or
    /// <see cref="SocketFunction.Accept"/> on.</summary>
    public EndPoint? LocalEndPoint { get; init; }

    /// <summary>
    /// The peer's address, from <see cref="SocketFunction.Connect"/> or <see cref="SocketFunction.Accept"/> on.
    /// </summary>
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>Bytes sent or received by this call.</summary>
    public long Bytes { get; init; }

    /// <summary>How long the call took, with its waiting; zero where that says nothing.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Whether the call was a reset: <see cref="SocketFunction.Close"/> with RST, or a
    /// <see cref="SocketFunction.Receive"/> or <see cref="SocketFunction.Send"/> that met one.</summary>
    public bool IsReset { get; init; }

    /// <summary>The error of a call that failed.</summary>
    public SocketError? Error { get; init; }

    /// <summary>What the kernel says of the socket after the call; null where it does not tell.</summary>
    public TcpInfo? TcpInfo { get; init; }
}
