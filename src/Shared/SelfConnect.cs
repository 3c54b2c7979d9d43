using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>A TCP socket that has connected to itself.</summary>
/// <remarks>
/// If nothing listens on a port of the range for clients, the system may give a client that same port: its SYN reaches its own
/// socket, and both sides open at once (RFC 9293, section 3.5). The connection echoes written data, and prevents the real server
/// from binding its port. It is refused like any port without a server.
/// </remarks>
internal static class SelfConnect
{
    /// <summary>Whether both addresses of a connected socket are the same.</summary>
    /// <param name="local">The local address of the socket.</param>
    /// <param name="target">The address to connect to.</param>
    /// <param name="readRemote">Reads the peer's address from the system. Called only if both ports are equal.</param>
    public static bool IsSelfConnected(EndPoint? local, EndPoint target, Func<EndPoint?> readRemote) =>
        local is IPEndPoint own && target is IPEndPoint { Port: var port } && own.Port == port && own.Equals(readRemote());

    /// <summary>Returns the error of a port without a server. The socket's close becomes a reset, to avoid a TIME_WAIT that would
    /// keep the port in use.</summary>
    public static SocketException CreateRefusal(Socket socket)
    {
        socket.LingerState = new(enable: true, seconds: 0);
        return new((int)SocketError.ConnectionRefused);
    }
}
