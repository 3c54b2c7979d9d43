using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>One connected socket: a pump in each direction between the socket and a bounded pipe.</summary>
/// <remarks>
/// Each direction ends for itself, which is what makes half-close work: the peer's FIN ends the receiving pump, completing the
/// handler's output ends the sending one. When both have ended the socket is closed.
/// </remarks>
internal sealed partial class SocketConnection : TransportConnection, IConnectionSocketFeature
{
    private readonly Socket _socket;
    private readonly SocketTransportOptions _options;
    private readonly SocketSteps _steps;
    private readonly TransportInput _input;
    private readonly Pipe _received;
    private readonly Pipe _toSend;
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;

    public SocketConnection(Socket socket, SocketTransportOptions options, EndPoint? dialled = null)
    {
        (_socket, _options, _steps) = (socket, options, new(options));
        (LocalEndPoint, RemoteEndPoint) = (EndPoints.Local(socket), EndPoints.Remote(socket) ?? dialled);

        _received = NewPipe(options, options.MaxReadBufferSize, handlerReads: true);
        _toSend = NewPipe(options, options.MaxWriteBufferSize, handlerReads: false);
        _input = new(_received.Reader);
        Transport = new DuplexPipe(_input, _toSend.Writer);
    }

    public Socket Socket => _socket;

    public override MemoryPool<byte> MemoryPool => _options.Pool;

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public void Start()
    {
        _receiving = ReceiveAsync();
        _sending = SendAsync();
    }

    /// <summary>
    /// Handlers run on the thread pool unless inline was asked for. What a handler flushes is sent on its own thread: the send
    /// does not block, and a hop to another thread would cost more than it. A pump that was paused goes on on the thread pool.
    /// </summary>
    private static Pipe NewPipe(SocketTransportOptions options, int capacity, bool handlerReads) => new(new PipeOptions(
        options.Pool,
        readerScheduler: handlerReads && !options.UnsafePreferInlineScheduling ? PipeScheduler.ThreadPool : PipeScheduler.Inline,
        writerScheduler: !handlerReads && options.UnsafePreferInlineScheduling ? PipeScheduler.Inline : PipeScheduler.ThreadPool,
        pauseWriterThreshold: capacity,
        resumeWriterThreshold: Math.Max(1, capacity / 2),
        minimumSegmentSize: PinnedBlockPool.BlockSize,
        useSynchronizationContext: false));
}
