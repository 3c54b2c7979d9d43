using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>A connection on a socket of the system.</summary>
internal sealed class SocketConnection : StreamConnection, IConnectionSocketFeature
{
    private readonly KernelSocket _socket;

    public SocketConnection(Socket socket, SocketTransportOptions options, EndPoint? dialled = null)
        : this(new KernelSocket(socket, new(options), dialled), options)
    {
    }

    private SocketConnection(KernelSocket socket, SocketTransportOptions options)
        : base(socket, ToConnectionOptions(options)) => _socket = socket;

    public Socket Socket => _socket.Socket;

    /// <summary>
    /// Handlers run on the thread pool unless inline was asked for. What a handler flushes is sent on its own thread: the send
    /// does not block, and a hop to another thread would cost more than it.
    /// </summary>
    private static StreamConnectionOptions ToConnectionOptions(SocketTransportOptions options) => new()
    {
        MaxReadBufferSize = options.MaxReadBufferSize,
        MaxWriteBufferSize = options.MaxWriteBufferSize,
        CloseTimeout = options.CloseTimeout,
        LingerTimeout = options.LingerTimeout,
        TimeProvider = options.TimeProvider,
        Pool = options.Pool,
        HandlerScheduler = options.UnsafePreferInlineScheduling ? PipeScheduler.Inline : PipeScheduler.ThreadPool,
    };
}
