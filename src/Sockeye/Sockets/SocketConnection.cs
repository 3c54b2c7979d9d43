using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>A connection on a socket of the system.</summary>
internal sealed class SocketConnection : StreamConnection, IConnectionSocketFeature
{
    private readonly KernelSocket _socket;

    public SocketConnection(Socket socket, SocketTransportOptions options, EndPoint? target = null)
        : this(new KernelSocket(socket, new(options), target), options)
    {
    }

    private SocketConnection(KernelSocket socket, SocketTransportOptions options)
        : base(socket, options.ConnectionOptions) => _socket = socket;

    public Socket Socket => _socket.Socket;
}
