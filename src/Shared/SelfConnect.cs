using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>A TCP socket that has connected to itself.</summary>
/// <remarks>
/// Where nothing listens on a port that the system also gives to clients, the client may be given that very port: its SYN
/// meets its own socket, and both "sides" open at once (RFC 9293, section 3.5). The connection echoes what is written, and
/// keeps the real server from binding its port. It is refused as any port without a server is.
/// </remarks>
internal static class SelfConnect
{
    /// <summary>Whether a connected socket's two addresses are one.</summary>
    /// <param name="local">The socket's own address.</param>
    /// <param name="target">What was asked for.</param>
    /// <param name="readRemote">The peer's address, as the system tells it; asked for only where both ports are equal.</param>
    public static bool IsSelfConnected(EndPoint? local, EndPoint target, Func<EndPoint?> readRemote) =>
        local is IPEndPoint own && target is IPEndPoint { Port: var port } && own.Port == port && own.Equals(readRemote());

    /// <summary>The same error as for a port without a server. The socket's close becomes a reset: no TIME_WAIT is left that
    /// would hold the port.</summary>
    public static SocketException CreateRefusal(Socket socket)
    {
        socket.LingerState = new(enable: true, seconds: 0);
        return new((int)SocketError.ConnectionRefused);
    }
}
