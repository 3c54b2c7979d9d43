using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The endpoints of a socket in the form that users expect.</summary>
internal static class SocketEndPoints
{
    public static EndPoint? GetLocal(Socket socket) => EndPoints.Unmap(socket.LocalEndPoint);

    /// <summary>Returns the remote endpoint. The path that the peer of a Unix socket chose is safe to print.</summary>
    public static EndPoint? GetRemote(Socket socket) => UnixPathEndPoint.ToPrintable(EndPoints.Unmap(socket.RemoteEndPoint));
}
