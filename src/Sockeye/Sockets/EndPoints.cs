using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// A socket's two addresses, as a user expects them: an IPv4 peer of a dual-stack listener has an IPv4 address.
/// </summary>
internal static class EndPoints
{
    public static EndPoint? Local(Socket socket) => Plain(socket.LocalEndPoint);

    public static EndPoint? Remote(Socket socket) => Plain(socket.RemoteEndPoint);

    private static EndPoint? Plain(EndPoint? endPoint) =>
        endPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
            ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
            : endPoint;
}
