using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Sockeye.Transports;

/// <summary>A connection over a <see cref="StreamSocket"/>, with one pump per direction between the socket and a bounded
/// pipe.</summary>
/// <remarks>
/// The directions end independently, which makes half-close work: the peer's FIN ends the receiving pump, completing the
/// handler's output ends the sending one. When both have ended, the socket is closed.
/// </remarks>
public class StreamConnection : DuplexConnection
{
    /// <summary>
    /// The maximum size in bytes of one send. A larger write is sent in parts, so that its memory is released and counted in
    /// between.
    /// </summary>
    private const int MaxSendSize = 64 * 1024;

    private readonly StreamSocket _socket;
    private readonly TransportConnectionOptions _options;
    private readonly bool _keepsContext;
    private readonly TransportInput _input;
    private readonly PipeBlockPool _inputMemory;
    private readonly Pipe _receivePipe;
    private readonly Pipe _sendPipe;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _closeLock = new();
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource? _finRelease;
    private WaitStopwatch _receivePauses;
    private WaitStopwatch _sendWaits;
    private long _bytesReceived;
    private long _bytesSent;
    private long _lastIoAt;
    private int _openDirections = 2;
    private volatile bool _isSocketClosed;
    private volatile bool _discardsInput;
    private volatile bool _isFinReceived;
    private volatile bool _isFinSent;

    /// <summary>Creates the connection of a connected socket. It is idle until <see cref="Start"/>.</summary>
    /// <param name="socket">The socket. The connection closes it.</param>
    /// <param name="options">The limits and schedulers of the connection.</param>
    public StreamConnection(StreamSocket socket, TransportConnectionOptions options) : base(options)
    {
        (_socket, _options, _keepsContext) = (socket, options, options.KeepsContext);
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        _inputMemory = new(options.Pool);
        _receivePipe = CreatePipe(
            _inputMemory, options.MaxReadBufferSize, reader: options.HandlerScheduler, writer: options.Scheduler);
        _sendPipe = CreatePipe(
            options.Pool, options.MaxWriteBufferSize, reader: options.SendScheduler, writer: options.HandlerScheduler);
        _input = new(_receivePipe.Reader, this);
        _lastIoAt = options.TimeProvider.GetTimestamp();
        Transport = new DuplexPipe(_input, _sendPipe.Writer);
    }

    /// <inheritdoc/>
    public override PipeScheduler Scheduler => _options.Scheduler;

    /// <inheritdoc/>
    public override Task SendCompletion => _sending;

    /// <inheritdoc/>
    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <inheritdoc/>
    public override long BytesSent => Volatile.Read(ref _bytesSent);

    /// <inheritdoc/>
    public override ConnectionProgress Progress => new(
        BytesReceived,
        BytesSent,
        _options.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastIoAt)),
        _sendWaits.IsRunning,
        _sendWaits.GetTotal(_options.TimeProvider),
        _receivePauses.GetTotal(_options.TimeProvider));

    /// <inheritdoc/>
    public override TimeSpan ReadPausedFor => _receivePauses.GetCurrentWait(_options.TimeProvider);

    /// <inheritdoc/>
    public override TimeSpan SendBlockedFor => _sendWaits.GetCurrentWait(_options.TimeProvider);

    /// <inheritdoc/>
    protected override Task ReceiveCompletion => _receiving;

    /// <inheritdoc/>
    protected override Task Finished => _finished.Task;

    /// <inheritdoc/>
    protected override bool IsReadPending => _input.IsReadPending;

    /// <summary>Starts receiving and sending. Called once, before the connection is given to a server or a client.</summary>
    public void Start()
    {
        Debug.Assert(_receiving == Task.CompletedTask && _sending == Task.CompletedTask, "A connection is started once.");
        _receiving = ReceiveAsync();
        _sending = SendAsync();
    }

    /// <inheritdoc/>
    public override SystemProgress? GetSystemProgress() => _socket.GetSystemProgress();

    /// <inheritdoc/>
    protected override ValueTask CompletePipesAsync()
    {
        _input.Detach();
        return _sendPipe.Writer.CompleteAsync();
    }

    /// <inheritdoc/>
    protected override void DiscardInput()
    {
        _discardsInput = true;
        _receivePipe.Writer.CancelPendingFlush();
    }

    /// <inheritdoc/>
    protected override void AbandonInputMemory()
    {
        Debug.Assert(_isSocketClosed && _openDirections == 0, "The socket is closed, and nothing fills memory any longer.");
        _inputMemory.Abandon();
    }

    /// <inheritdoc/>
    protected override void Break(CloseReason reason, bool reset)
    {
        if (!CloseSocket(reset, reason))
            return;
        _receivePipe.Writer.CancelPendingFlush();
        _sendPipe.Reader.CancelPendingRead();
        SendWithheldFin();
    }

    /// <inheritdoc/>
    protected override void SendWithheldFin() => Volatile.Read(ref _finRelease)?.TrySetResult();

    private static Pipe CreatePipe(MemoryPool<byte> pool, int capacity, PipeScheduler reader, PipeScheduler writer) =>
        new(new PipeOptions(
            pool,
            readerScheduler: reader,
            writerScheduler: writer,
            pauseWriterThreshold: capacity,
            resumeWriterThreshold: Math.Max(1, capacity / 2),
            minimumSegmentSize: PinnedBlockPool.BlockSize,
            useSynchronizationContext: false));

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                // Waiting needs no buffer: an idle connection holds no block.
                if (!await _socket.WaitForDataAsync().ConfigureAwait(_keepsContext))
                    continue;
                var buffer = _receivePipe.Writer.GetMemory(PinnedBlockPool.BlockSize / 4);
                var received = await ReceiveOnceAsync(buffer).ConfigureAwait(_keepsContext);
                if (received == 0)
                    break;
                _receivePipe.Writer.Advance(received);

                var flushing = _receivePipe.Writer.FlushAsync();
                var isPaused = !flushing.IsCompleted;
                if (isPaused)
                    _receivePauses.Start(_options.TimeProvider.GetTimestamp());
                var flush = await flushing.ConfigureAwait(_keepsContext);
                if (isPaused)
                    _receivePauses.Stop(_options.TimeProvider.GetTimestamp());

                if (flush.IsCompleted || _discardsInput)
                {
                    await _receivePipe.Writer.CompleteAsync().ConfigureAwait(_keepsContext); // This returns its buffer.
                    await DiscardAsync().ConfigureAwait(_keepsContext);
                    break;
                }

                if (flush.IsCanceled)
                    break; // The connection was broken while receiving was paused.
            }
        }
        catch (Exception e)
        {
            OnFailed(e, isSend: false);
        }

        Debug.Assert(_isFinReceived || CloseReason is not null, "Receiving ends by FIN, or for a reason.");
        if (CloseReason is { IsOrderly: false } reason)
            _input.SetFinalError(SocketErrors.ToReadException(reason));
        await _receivePipe.Writer.CompleteAsync().ConfigureAwait(_keepsContext);
        OnReceiveEnded();
        OnDirectionEnded();
    }

    /// <summary>Receives and discards, so that the peer's FIN or reset is still detected.</summary>
    private async Task DiscardAsync()
    {
        while (true)
        {
            if (!await _socket.WaitForDataAsync().ConfigureAwait(_keepsContext))
                continue;
            using var block = _options.Pool.Rent();
            if (await ReceiveOnceAsync(block.Memory).ConfigureAwait(_keepsContext) == 0)
                return;
        }
    }

    private async ValueTask<int> ReceiveOnceAsync(Memory<byte> buffer)
    {
        var received = await _socket.ReceiveAsync(buffer).ConfigureAwait(_keepsContext);
        Debug.Assert(received >= 0 && received <= buffer.Length, "A socket fills at most the buffer.");
        if (received == 0)
        {
            ThrowIfReset();
            _isFinReceived = true;
            SetCloseReason(CloseReason.PeerFin);
        }

        StampIo();
        Volatile.Write(ref _bytesReceived, _bytesReceived + received);
        return received;
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var read = await _sendPipe.Reader.ReadAsync().ConfigureAwait(_keepsContext);
                if (read.IsCanceled)
                    break; // The connection was broken while there was nothing to send.
                var part = read.Buffer.Length > MaxSendSize ? read.Buffer.Slice(0, MaxSendSize) : read.Buffer;
                if (!part.IsEmpty)
                {
                    Debug.Assert(!_isFinSent, "No data follows FIN.");
                    var sending = _socket.SendAsync(part);
                    var hasToWait = !sending.IsCompleted;
                    if (hasToWait)
                        _sendWaits.Start(_options.TimeProvider.GetTimestamp());
                    await sending.ConfigureAwait(_keepsContext);
                    if (hasToWait)
                        _sendWaits.Stop(_options.TimeProvider.GetTimestamp());
                    StampIo();
                    Volatile.Write(ref _bytesSent, _bytesSent + part.Length);
                }

                _sendPipe.Reader.AdvanceTo(part.End);
                if (read.IsCompleted && part.Length == read.Buffer.Length)
                {
                    if (await WaitForFinAsync().ConfigureAwait(_keepsContext))
                        SendFin();
                    break;
                }
            }
        }
        catch (Exception e)
        {
            OnFailed(e, isSend: true);
        }

        // Without an error: FlushResult.IsCompleted reports the end to a writer.
        await _sendPipe.Reader.CompleteAsync().ConfigureAwait(_keepsContext);
        OnDirectionEnded();
    }

    /// <summary>Waits while FIN is withheld. Returns false if the connection was broken meanwhile.</summary>
    private async ValueTask<bool> WaitForFinAsync()
    {
        if (!HasOwner)
            return true;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // A full fence: a break or a release of the ownership either sees this, or is seen below.
        Interlocked.Exchange(ref _finRelease, release);
        if (!CanSendFin() && !_isSocketClosed)
            await release.Task.ConfigureAwait(_keepsContext);
        return !_isSocketClosed;
    }

    private void SendFin()
    {
        Debug.Assert(!_isFinSent, "FIN is sent once.");

        // Once the peer's FIN has ended receiving, nothing else would detect a reset that came after it.
        if (_isFinReceived)
            ThrowIfReset();
        SetCloseReason(CloseReason.LocalFin);
        _isFinSent = true;
        _socket.ShutdownSend();
    }

    /// <summary>
    /// Throws if the peer has reset the connection. Calls do not always report a reset: a send may have consumed the error, a
    /// receive after FIN returns 0 again, and shutdown() succeeds. The state of the socket shows it until this side has sent its
    /// own FIN.
    /// </summary>
    private void ThrowIfReset()
    {
        if (!_isFinSent && _socket.IsReset)
            throw new SocketException((int)SocketError.ConnectionReset);
    }

    /// <summary>
    /// Records the time of I/O. Called before a count grows, so that a reader that sees the new count also sees the new time.
    /// </summary>
    private void StampIo() => Volatile.Write(ref _lastIoAt, _options.TimeProvider.GetTimestamp());

    private void OnFailed(Exception error, bool isSend)
    {
        if (_isSocketClosed)
            return; // This is how a closed socket ends its pumps. The reason is recorded already.
        if (error is StreamClosedException closed)
        {
            BreakAfterError(closed.Reason, isSend);
            return;
        }

        if (error is not SocketException socketError)
        {
            BreakAfterLocalError(error);
            return;
        }

        RunObserver(() => _socket.OnFailed(
            socketError, isSend, isReset: SocketErrors.ToCloseReason(socketError).Cause is CloseCause.Reset));
        BreakAfterError(socketError, isSend);
    }

    private bool CloseSocket(bool reset, CloseReason? reason = null)
    {
        lock (_closeLock)
        {
            if (_isSocketClosed)
                return false;

            // The reason is recorded first, so that it is available as soon as the socket is closed.
            if (reason is not null)
                SetCloseReason(reason);
            _isSocketClosed = true;
        }

        RunObserver(() => _socket.Close(reset));
        return true;
    }

    private void OnDirectionEnded()
    {
        var open = Interlocked.Decrement(ref _openDirections);
        Debug.Assert(open is 0 or 1, "A connection has two directions, and each ends once.");
        if (open > 0)
            return;
        CloseSocket(reset: false);
        SignalClosed();
        _finished.SetResult();
    }
}
