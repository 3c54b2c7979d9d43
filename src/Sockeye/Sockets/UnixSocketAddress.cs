using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The address of a Unix socket, as a listener gives it to <c>bind()</c>.</summary>
/// <remarks>
/// .NET keeps the path of a <see cref="UnixDomainSocketEndPoint"/> that a socket was bound to, and deletes the file there when
/// the socket is disposed, even if it is now the socket of another server. It does not do so for this type, so that
/// <see cref="UnixSocketFile"/> deletes the file. Accepting, .NET copies the address of each client to one of the size of this,
/// and throws if it is too small, so this has the maximum size once it is bound.
/// </remarks>
internal sealed class UnixSocketAddress(UnixDomainSocketEndPoint endpoint) : EndPoint
{
    // struct sockaddr_un, unix(7): the family, then the path; a NUL at its beginning makes it an abstract name.
    private const int PathOffset = 2;
    private const int MaxSize = 110;

    private bool _isBound;

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>Returns the path, unchanged; null for an abstract name, which has no file.</summary>
    public static string? GetPath(UnixDomainSocketEndPoint endpoint) =>
        endpoint.Serialize() is var address && (address.Size <= PathOffset || address[PathOffset] == 0)
            ? null
            : endpoint.ToString();

    /// <summary>Binds a socket to the address.</summary>
    public void Bind(Socket socket)
    {
        socket.Bind(this);
        _isBound = true;
    }

    public override SocketAddress Serialize() =>
        _isBound ? new(AddressFamily.Unix, MaxSize) : endpoint.Serialize();

    public override EndPoint Create(SocketAddress socketAddress) => endpoint.Create(socketAddress);
}
