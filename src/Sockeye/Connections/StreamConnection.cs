using System.Buffers;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>One connected socket: a pump in each direction between the socket and a bounded pipe.</summary>
/// <remarks>
/// Each direction ends for itself, which is what makes half-close work: the peer's FIN ends the receiving pump, completing the
/// handler's output ends the sending one. When both have ended the socket is closed.
/// </remarks>
internal partial class StreamConnection : DuplexConnection
{
    private readonly StreamSocket _socket;
    private readonly StreamConnectionOptions _options;
    private readonly bool _keepsContext;
    private readonly TransportInput _input;
    private readonly PipeBlockPool _inputMemory;
    private readonly Pipe _receivePipe;
    private readonly Pipe _sendPipe;
    private long _lastIoAt;
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;

    public StreamConnection(StreamSocket socket, StreamConnectionOptions options) : base(options)
    {
        (_socket, _options, _keepsContext) = (socket, options, options.KeepsContext);
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);

        _inputMemory = new(options.Pool);
        _receivePipe = CreatePipe(_inputMemory, options.MaxReadBufferSize, reader: options.HandlerScheduler, writer: options.Scheduler);
        _sendPipe = CreatePipe(
            options.Pool, options.MaxWriteBufferSize, reader: options.SendScheduler, writer: options.HandlerScheduler);
        _input = new(_receivePipe.Reader, this);
        _lastIoAt = options.TimeProvider.GetTimestamp();
        Transport = new DuplexPipe(_input, _sendPipe.Writer);
    }

    protected override bool IsReadPending => _input.IsReadPending;

    protected override Task ReceiveCompletion => _receiving;

    public override Task SendCompletion => _sending;

    public override MemoryPool<byte> MemoryPool => _options.Pool;

    public override PipeScheduler Scheduler => _options.Scheduler;

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public override ConnectionProgress Progress => new(
        BytesReceived,
        BytesSent,
        _options.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastIoAt)),
        _sendWaits.IsRunning,
        _sendWaits.GetTotal(_options.TimeProvider),
        _receivePauses.GetTotal(_options.TimeProvider));

    public override TimeSpan ReadPausedFor => _receivePauses.GetCurrentWait(_options.TimeProvider);

    public override TimeSpan SendBlockedFor => _sendWaits.GetCurrentWait(_options.TimeProvider);

    public void Start()
    {
        _receiving = ReceiveAsync();
        _sending = SendAsync();
    }

    /// <summary>Before a count grows: whoever sees that it did sees when.</summary>
    private void StampIo() => Volatile.Write(ref _lastIoAt, _options.TimeProvider.GetTimestamp());

    private static Pipe CreatePipe(MemoryPool<byte> pool, int capacity, PipeScheduler reader, PipeScheduler writer) =>
        new(new PipeOptions(
            pool,
            readerScheduler: reader,
            writerScheduler: writer,
            pauseWriterThreshold: capacity,
            resumeWriterThreshold: Math.Max(1, capacity / 2),
            minimumSegmentSize: PinnedBlockPool.BlockSize,
            useSynchronizationContext: false));
}
