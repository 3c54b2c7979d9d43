using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>A connection on a socket of the system.</summary>
internal sealed class SocketConnection : StreamConnection, IConnectionSocketFeature
{
    private readonly KernelSocket _socket;

    public SocketConnection(
        Socket socket, SocketTransportOptions options, EndPoint? target = null, MovedBytes? continued = null)
        : this(new KernelSocket(socket, new(options), target), options, continued)
    {
    }

    private SocketConnection(KernelSocket socket, SocketTransportOptions options, MovedBytes? continued)
        : base(socket, options.ConnectionOptions, continued) => _socket = socket;

    public Socket Socket => _socket.Socket;
}
