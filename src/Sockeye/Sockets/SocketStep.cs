using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The socket functions that a transport calls.</summary>
public enum SocketFunction
{
    /// <summary><c>socket()</c>: creates a socket of a protocol.</summary>
    Socket,

    /// <summary><c>bind()</c>: sets the local address.</summary>
    Bind,

    /// <summary><c>listen()</c>: starts to answer handshakes, and to queue clients.</summary>
    Listen,

    /// <summary><c>connect()</c>: performs the handshake of a client: SYN, SYN/ACK, ACK.</summary>
    Connect,

    /// <summary><c>accept()</c>: returns a new socket for one client.</summary>
    Accept,

    /// <summary><c>send()</c>: gives bytes to the system.</summary>
    Send,

    /// <summary><c>recv()</c>: takes bytes from the system; 0 bytes mean the peer's FIN.</summary>
    Receive,

    /// <summary><c>shutdown()</c>: ends this direction (FIN).</summary>
    Shutdown,

    /// <summary><c>close()</c>: ends both directions.</summary>
    Close,
}

/// <summary>Describes a call of a socket function by a transport, for <see cref="SocketTransportOptions.OnStep"/>.</summary>
public sealed class SocketStep
{
    /// <summary>Gets the function that was called.</summary>
    public SocketFunction Function { get; init; }

    /// <summary>
    /// Gets the descriptor (Unix) or handle (Windows) of the socket; for <see cref="SocketFunction.Accept"/>, of the new socket.
    /// </summary>
    public nint Handle { get; init; }

    /// <summary>
    /// Gets the local address. Null before <see cref="SocketFunction.Bind"/>, <see cref="SocketFunction.Connect"/> or
    /// <see cref="SocketFunction.Accept"/>.
    /// </summary>
    public EndPoint? LocalEndPoint { get; init; }

    /// <summary>
    /// Gets the address of the peer. Null before <see cref="SocketFunction.Connect"/> or <see cref="SocketFunction.Accept"/>.
    /// </summary>
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>Gets the number of bytes that the call sent or received.</summary>
    public long Bytes { get; init; }

    /// <summary>Gets the duration of the call, including its wait; zero if it is not measured.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Gets whether the connection was reset: by this <see cref="SocketFunction.Close"/>, or as reported by this
    /// <see cref="SocketFunction.Receive"/> or <see cref="SocketFunction.Send"/>.
    /// </summary>
    public bool IsReset { get; init; }

    /// <summary>Gets the error of a failed call; otherwise null.</summary>
    public SocketError? Error { get; init; }

    /// <summary>Gets the kernel's view of the socket after the call. Null if the kernel does not report it.</summary>
    public TcpInfo? TcpInfo { get; init; }
}
