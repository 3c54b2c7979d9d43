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
internal sealed class SocketConnection : TransportConnection, IConnectionSocketFeature
{
    private readonly Socket _socket;
    private readonly SocketTransportOptions _options;
    private readonly SocketSteps _steps;
    private readonly TransportInput _input;
    private readonly Pipe _received;
    private readonly Pipe _toSend;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SocketSender? _gather;
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private long _bytesReceived;
    private long _bytesSent;
    private int _openDirections = 2;
    private int _socketClosed;
    private volatile bool _finSent;

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

    public override void Abort(CloseReason reason)
    {
        Explain(reason);
        Break(reset: true);
    }

    public override void Close(CloseReason reason)
    {
        Explain(reason);
        Break(reset: false);
    }

    /// <summary>
    /// Sends what was written, then FIN; waits for the peer's FIN, throwing away what still arrives; closes. Bounded by
    /// <see cref="SocketTransportOptions.CloseTimeout"/> and <see cref="SocketTransportOptions.LingerTimeout"/>.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        _input.Retire();
        await _toSend.Writer.CompleteAsync().ConfigureAwait(false);
        await FlushInTimeAsync().ConfigureAwait(false);
        if (!_receiving.IsCompleted && !await EndsInTimeAsync(_receiving, _options.LingerTimeout).ConfigureAwait(false))
            CloseSocket(reset: false);
        await _finished.Task.ConfigureAwait(false);
    }

    private async Task FlushInTimeAsync()
    {
        while (!_sending.IsCompleted)
        {
            var before = BytesSent;
            if (!await EndsInTimeAsync(_sending, _options.CloseTimeout).ConfigureAwait(false) && BytesSent == before)
            {
                Abort(CloseReason.Local(CloseCause.Timeout,
                    $"the peer took nothing for {_options.CloseTimeout.TotalSeconds:0.###} s of what was still to be sent"));
                return;
            }
        }
    }

    private async Task<bool> EndsInTimeAsync(Task task, TimeSpan timeout)
    {
        await task.WaitAsync(timeout, _options.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                // Receiving zero bytes waits for data without holding a buffer: an idle connection costs no block.
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
                var received = await ReceiveSomeAsync(_received.Writer.GetMemory(PinnedBlockPool.BlockSize / 4)).ConfigureAwait(false);
                if (received == 0)
                    break;
                _received.Writer.Advance(received);
                var flush = await _received.Writer.FlushAsync().ConfigureAwait(false);
                if (flush.IsCompleted)
                {
                    await DiscardAsync().ConfigureAwait(false);
                    break;
                }

                if (flush.IsCanceled)
                    break; // The connection was broken while receiving paused.
            }
        }
        catch (Exception e)
        {
            BreakBy(e);
        }

        if (CloseReason is { IsOrderly: false } reason)
            _input.FailAfterLastByte(SocketBreak.ToReadError(reason));
        await _received.Writer.CompleteAsync().ConfigureAwait(false);
        EndDirection();
    }

    /// <summary>Keeps taking what nobody wants to read, so that the peer's FIN or reset is still seen.</summary>
    private async Task DiscardAsync()
    {
        while (true)
        {
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
            using var block = _options.Pool.Rent();
            if (await ReceiveSomeAsync(block.Memory).ConfigureAwait(false) == 0)
                return;
        }
    }

    private async ValueTask<int> ReceiveSomeAsync(Memory<byte> buffer)
    {
        var received = await _socket.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
        if (received == 0)
            OnInputEnded();
        else
            Volatile.Write(ref _bytesReceived, _bytesReceived + received);
        _steps.Tell(SocketFunction.Receive, _socket, LocalEndPoint, RemoteEndPoint, received);
        return received;
    }

    private void OnInputEnded()
    {
        // A send that meets the peer's reset takes the error with it, and receiving then sees 0 as after a FIN. The state of the
        // socket still tells the two apart, as long as this side has not sent its own FIN.
        if (!_finSent && TcpInfo.Read(_socket) is { State: System.Net.NetworkInformation.TcpState.Closed })
            throw new SocketException((int)SocketError.ConnectionReset);
        Explain(CloseReason.PeerFin);
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var read = await _toSend.Reader.ReadAsync().ConfigureAwait(false);
                if (read.IsCanceled)
                    break; // The connection was broken while there was nothing to send.
                if (!read.Buffer.IsEmpty)
                    await SendAsync(read.Buffer).ConfigureAwait(false);
                _toSend.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    SendFin();
                    break;
                }
            }
        }
        catch (Exception e)
        {
            BreakBy(e);
        }

        // Without an error: a writer learns of the end by FlushResult.IsCompleted.
        await _toSend.Reader.CompleteAsync().ConfigureAwait(false);
        EndDirection();
    }

    private async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
            await _socket.SendAsync(bytes.First, SocketFlags.None).ConfigureAwait(false);
        else
            await (_gather ??= new()).SendAsync(_socket, bytes).ConfigureAwait(false);
        Volatile.Write(ref _bytesSent, _bytesSent + bytes.Length);
        _steps.Tell(SocketFunction.Send, _socket, LocalEndPoint, RemoteEndPoint, bytes.Length);
    }

    private void SendFin()
    {
        Explain(CloseReason.LocalFin);
        _finSent = true;
        _socket.Shutdown(SocketShutdown.Send);
        _steps.Tell(SocketFunction.Shutdown, _socket, LocalEndPoint, RemoteEndPoint);
    }

    private void BreakBy(Exception error)
    {
        // Closing the socket makes the pumps fail; the reason then stands already, and a close after FIN is no break.
        if (Volatile.Read(ref _socketClosed) == 1)
            return;
        if (error is SocketException socketError)
        {
            var reason = SocketBreak.Explain(socketError);
            Explain(reason);
            _steps.Tell(SocketFunction.Receive, _socket, LocalEndPoint, RemoteEndPoint,
                isReset: reason.Cause is CloseCause.Reset, error: socketError.SocketErrorCode);
        }
        else
        {
            // The handler completed its output with this error, or the observer of steps threw it.
            Explain(CloseReason.Local(CloseCause.HandlerError, $"this side ended with an error: {error.Message}", error));
        }

        Break(reset: true);
    }

    private void Break(bool reset)
    {
        CloseSocket(reset);
        _received.Writer.CancelPendingFlush();
        _toSend.Reader.CancelPendingRead();
    }

    private void CloseSocket(bool reset)
    {
        if (Interlocked.Exchange(ref _socketClosed, 1) == 1)
            return;
        _steps.Tell(SocketFunction.Close, _socket, LocalEndPoint, RemoteEndPoint, isReset: reset);
        if (reset)
        {
            _socket.Close(timeout: 0); // SO_LINGER 0: RST, what was not sent yet is dropped
            return;
        }

        if (!_finSent)
            ShutdownBoth();
        _socket.Dispose();
    }

    /// <summary>.NET resets a socket that is disposed under a pending receive, unless it was shut down before.</summary>
    private void ShutdownBoth()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer has reset the connection meanwhile: there is nobody left to send FIN to.
        }
    }

    private void EndDirection()
    {
        if (Interlocked.Decrement(ref _openDirections) > 0)
            return;
        CloseSocket(reset: false);
        _gather?.Dispose();
        SignalClosed();
        _finished.SetResult();
    }

    /// <summary>
    /// Handlers run on the thread pool unless inline was asked for. What a handler flushes is sent on its own thread: the send does
    /// not block, and a hop to another thread would cost more than it. A pump that was paused goes on on the thread pool.
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
