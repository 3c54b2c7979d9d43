using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The address of a Unix socket, as a listener gives it to <c>bind()</c>.</summary>
/// <remarks>
/// .NET remembers the path of a <see cref="UnixDomainSocketEndPoint"/> that a socket was bound to, and deletes whatever lies
/// there when the socket is disposed, also if another server has put its own socket there meanwhile. It does not know this
/// type, and leaves the file to <see cref="UnixSocketFile"/>.
/// </remarks>
internal sealed class UnixSocketAddress(UnixDomainSocketEndPoint endpoint) : EndPoint
{
    // struct sockaddr_un, unix(7): the family, then the path; a NUL at its beginning makes it an abstract name.
    private const int PathOffset = 2;

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>The path as it was given; null for an abstract name, which has no file.</summary>
    public static string? GetPath(UnixDomainSocketEndPoint endpoint) =>
        endpoint.Serialize() is var address && (address.Size <= PathOffset || address[PathOffset] == 0)
            ? null
            : endpoint.ToString();

    public override SocketAddress Serialize() => endpoint.Serialize();

    public override EndPoint Create(SocketAddress socketAddress) => endpoint.Create(socketAddress);
}
