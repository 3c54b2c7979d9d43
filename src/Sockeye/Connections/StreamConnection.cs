using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sockeye.Transports;

/// <summary>A connection over a <see cref="StreamSocket"/>, whose asynchronous calls fill and drain the pipes.</summary>
/// <remarks>
/// <para>The directions end independently, which makes half-close work: the peer's FIN ends receiving, completing the handler's
/// output ends sending. When both have ended, the socket is closed.</para>
/// <para>A receive waits for data without a buffer. A flush sends on the thread of the handler, unless a send is in
/// progress.</para>
/// <para>.NET completes I/O before all other work of the thread pool. So a connection that is always busy gives way to other work
/// after <see cref="MaxIterations"/> iterations; otherwise timers and other tasks would wait as long as there is I/O.</para>
/// </remarks>
public class StreamConnection : DuplexConnection
{
    /// <summary>
    /// The maximum size in bytes of one send. A larger write is sent in parts, so that its memory is released and counted in
    /// between.
    /// </summary>
    private const int MaxSendSize = 64 * 1024;

    /// <summary>The maximum number of iterations of one direction in a row on threads that complete I/O.</summary>
    internal const int MaxIterations = 16;

    /// <summary>The connection that fills or drains a pipe on this thread.</summary>
    [ThreadStatic]
    private static StreamConnection? _driving;

    /// <summary>The handler that the call of the driver on this thread has resumed.</summary>
    [ThreadStatic]
    private static IThreadPoolWorkItem? _resumed;

    private readonly StreamSocket _socket;
    private readonly bool _keepsContext;
    private readonly Lock _operationsLock = new();
    private ReceiveSizePredictor _size = new();
    private int _sendRequests;
    private int _receiveIterations;
    private int _sendIterations;
    private int _sends;
    private bool _isReceiving;
    private bool _receivesAgain;
    private bool _holdsSend;
    private bool _isSocketClosed;
    private bool _isClosing;
    private bool _isEndingOutput;
    private volatile bool _isFinSent;

    /// <summary>Creates the connection of a connected socket. It is idle until <see cref="Start"/>.</summary>
    /// <param name="socket">The socket. The connection closes it.</param>
    /// <param name="options">The limits and schedulers of the connection.</param>
    /// <param name="continued">The state of a connection that this one continues. Null: the connection is new.</param>
    public StreamConnection(StreamSocket socket, TransportConnectionOptions options, MovedBytes? continued = null)
        : base(options, options.KeepsContext ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously)
    {
        (_socket, _keepsContext) = (socket, options.KeepsContext);
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        if (continued is not null)
            Continue(continued);
    }

    /// <inheritdoc/>
    public override PipeScheduler Scheduler => Options.Scheduler;

    /// <summary>Starts receiving and sending. Called once, before the connection is given to a server or a client.</summary>
    public void Start()
    {
        Debug.Assert(!_isReceiving, "A connection is started once.");
        RequestReceive();
        RequestSend(); // What a connection that this one continues has not sent.
    }

    /// <inheritdoc/>
    public override SystemProgress? GetSystemProgress() => _socket.GetSystemProgress();

    /// <inheritdoc/>
    protected override PipeSegment Rent(int size) => Options.Segments.Rent(size);

    /// <inheritdoc/>
    protected override void RequestReceive()
    {
        lock (_operationsLock)
        {
            if (_isSocketClosed)
                return;
            _receivesAgain = _isReceiving;
            if (_receivesAgain)
                return; // The receive in progress sees it at its end.
            _isReceiving = true;
        }

        if (_keepsContext)
            Options.Scheduler.Schedule(static connection => _ = ((StreamConnection)connection!).ReceiveAsync(), this);
        else
            _ = ReceiveAsync();
    }

    /// <inheritdoc/>
    protected override void RequestSend()
    {
        if (Interlocked.Increment(ref _sendRequests) > 1)
            return; // The send in progress sees it.
        if (Options.SendScheduler == PipeScheduler.Inline)
            Send();
        else
            Options.SendScheduler.Schedule(static connection => ((StreamConnection)connection!).Send(), this);
    }

    /// <inheritdoc/>
    protected override void ResumeHandler(IThreadPoolWorkItem handler)
    {
        if (_driving == this)
            _resumed = handler;
        else
            ScheduleHandler(handler);
    }

    /// <inheritdoc/>
    protected override void RequestClose(bool isDriving)
    {
        EndBothDirections();
        lock (_operationsLock)
        {
            Debug.Assert(!_isSocketClosed, "The socket is closed once.");
            _isSocketClosed = _isClosing = true;
            if (_isEndingOutput)
                return; // EndOutput closes the socket then.
        }

        CloseSocket();
    }

    /// <inheritdoc/>
    protected internal override bool CanMove => _socket.CanMove;

    /// <inheritdoc/>
    protected internal override SafeHandle DuplicateHandle() => _socket.Duplicate();

    /// <inheritdoc/>
    protected override void RequestFreeze() => EndFreezeIfIdle();

    /// <inheritdoc/>
    protected override void RequestThaw()
    {
        bool wasHeld;
        lock (_operationsLock)
        {
            Input.Release();
            (wasHeld, _holdsSend) = (_holdsSend, false);
        }

        RequestReceive();
        if (wasHeld)
            Send();
        else
            RequestSend();
    }

    /// <inheritdoc/>
    protected override void ShutdownSend()
    {
        Debug.Assert(!_isFinSent, "FIN is sent once.");
        Debug.Assert(_isEndingOutput, "The socket is not closed while FIN is sent.");
        _isFinSent = true;
        _socket.ShutdownSend();
    }

    /// <remarks>The state of the socket shows a reset until this side has sent its own FIN. Another thread may send FIN while the
    /// state is read, so the state counts only if FIN is not sent afterwards either.</remarks>
    /// <inheritdoc/>
    protected override bool IsResetHidden(bool isFinReceived) => !_isFinSent && _socket.IsReset && !_isFinSent;

    /// <inheritdoc/>
    protected override void NotifyFailure(SocketException exception, bool isSend, bool isReset) =>
        _socket.OnFailed(exception, isSend, isReset);

    /// <summary>Runs a handler on this thread, at the end of the driver's work, if the socket allows it.</summary>
    internal void RunHandler(IThreadPoolWorkItem handler)
    {
        var scheduler = Options.HandlerScheduler;
        if (scheduler == PipeScheduler.Inline || (scheduler.IsThreadPool() && _socket.CanRunHandlers))
            handler.Execute();
        else
            ScheduleHandler(handler);
    }

    /// <summary>Runs a handler on its scheduler.</summary>
    internal void ScheduleHandler(IThreadPoolWorkItem handler) => Options.HandlerScheduler.Queue(handler);

    /// <summary>Receives until the pipe is full, the peer has ended its side, or the connection is broken.</summary>
    private async Task ReceiveAsync()
    {
        IThreadPoolWorkItem? handler = null;
        do
        {
            try
            {
                while (CanReceive)
                {
                    if (MustGiveWay(ref _receiveIterations))
                    {
                        if (handler is not null)
                            ScheduleHandler(handler);
                        handler = null;
                        await Scheduling.YieldToThreadPool();
                    }

                    var waiting = new HandlerAwaiter(_socket.WaitForDataAsync(), handler, this);
                    handler = null; // It runs now, even if the wait fails later.
                    var isCertain = await waiting;
                    if (!Input.TryBeginFill(_size.Next, out var segment, out var length))
                        break; // A request follows when there is room.
                    if (segment is null)
                        await DiscardOnceAsync(isCertain).ConfigureAwait(_keepsContext);
                    else if (isCertain)
                        handler = await FillAsync(segment, length).ConfigureAwait(_keepsContext);
                    else
                        handler = TryFill(segment, length);
                }
            }
            catch (Exception e)
            {
                OnFailed(e, isSend: false);
            }
        }
        while (!TryEndReceive());

        if (handler is not null)
            RunHandler(handler);
    }

    /// <summary>Receives once. Returns the handler that the bytes resume, if one waits for them.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IThreadPoolWorkItem?> FillAsync(PipeSegment segment, int length)
    {
        var received = 0;
        IThreadPoolWorkItem? handler;
        try
        {
            received = await _socket.ReceiveAsync(segment.Free[..length]).ConfigureAwait(_keepsContext);
        }
        finally
        {
            handler = EndFill(received, length);
        }

        if (received == 0)
            OnFinReceived();
        return handler;
    }

    /// <summary>Receives once, if there is something to receive.</summary>
    /// <inheritdoc cref="FillAsync"/>
    private IThreadPoolWorkItem? TryFill(PipeSegment segment, int length)
    {
        int? received = null;
        IThreadPoolWorkItem? handler;
        try
        {
            if (_socket.TryReceive(segment.Free[..length], out var count))
                received = count;
        }
        finally
        {
            handler = EndFill(received ?? 0, length);
        }

        if (received == 0)
            OnFinReceived();
        return handler;
    }

    /// <summary>Ends a fill, also one that failed. Returns the handler that the bytes resume, if one waits for them.</summary>
    private IThreadPoolWorkItem? EndFill(int received, int length)
    {
        Debug.Assert(received >= 0 && received <= length, "A socket fills at most the buffer.");
        if (received > 0)
        {
            _size.Record(received, length);
            OnReceived();
        }

        _driving = this;
        Input.EndFill(received);
        var handler = _resumed;
        (_resumed, _driving) = (null, null);
        return handler;
    }

    /// <summary>Receives and discards, so that the peer's FIN or reset is still detected.</summary>
    private async ValueTask DiscardOnceAsync(bool isCertain)
    {
        using var block = Options.Pool.Rent();
        int received;
        if (isCertain)
            received = await _socket.ReceiveAsync(block.Memory).ConfigureAwait(_keepsContext);
        else if (!_socket.TryReceive(block.Memory, out received))
            return;
        if (received == 0)
        {
            OnFinReceived();
            return;
        }

        OnReceived();
        Input.AddDiscarded(received);
    }

    /// <summary>Sends what is flushed, and FIN at its end, until nothing is left. One call at a time.</summary>
    private void Send()
    {
        if (!TryBeginSend())
            return;
        var isWaiting = false;
        try
        {
            isWaiting = !TrySendAll(out var sending, out var count);
            if (isWaiting)
                _ = SendAllAsync(sending, count);
        }
        catch (Exception e)
        {
            OnFailed(e, isSend: true);
        }

        if (!isWaiting)
            EndSend();
    }

    /// <summary>Sends as long as the socket accepts everything at once. Returns false if a send waits.</summary>
    private bool TrySendAll(out ValueTask sending, out int count)
    {
        (sending, count) = (default, 0);
        for (int seen; ; )
        {
            seen = Volatile.Read(ref _sendRequests);
            while (CanSend && Output.BeginSend(MaxSendSize, out var isEnd) is var bytes)
            {
                count = (int)bytes.Length;
                if (count == 0)
                {
                    if (isEnd)
                        EndOutput();
                    break;
                }

                Debug.Assert(!_isFinSent, "No data follows FIN.");
                sending = _socket.SendAsync(bytes);
                if (!sending.IsCompleted)
                    return false;
                sending.GetAwaiter().GetResult();
                if (!OnSent(count))
                    break;
            }

            if (Interlocked.CompareExchange(ref _sendRequests, 0, seen) == seen)
                return true;
        }
    }

    /// <summary>Waits for a send, and sends the rest.</summary>
    private async Task SendAllAsync(ValueTask sending, int count)
    {
        IThreadPoolWorkItem? handler = null;
        try
        {
            do
            {
                if (handler is not null)
                    ScheduleHandler(handler); // The next send waits, so this thread continues later.
                handler = null;
                await sending.ConfigureAwait(_keepsContext);
                _driving = this;
                OnSent(count);
                (handler, _resumed, _driving) = (_resumed, null, null);
            }
            while (!TrySendAll(out sending, out count));
        }
        catch (Exception e)
        {
            OnFailed(e, isSend: true);
        }

        EndSend();
        if (handler is null)
            return;
        if (MustGiveWay(ref _sendIterations))
            ScheduleHandler(handler);
        else
            RunHandler(handler);
    }

    /// <summary>Sends FIN, unless it is withheld. A close that is requested meanwhile follows it: the system may discard what is
    /// unsent when a socket is closed during a call.</summary>
    private void EndOutput()
    {
        lock (_operationsLock)
        {
            if (_isSocketClosed)
                return;
            _isEndingOutput = true;
        }

        try
        {
            OnOutputSent();
        }
        finally
        {
            bool isClosed;
            lock (_operationsLock)
            {
                _isEndingOutput = false;
                isClosed = _isSocketClosed;
            }

            if (isClosed)
                CloseSocket();
        }
    }

    private void CloseSocket()
    {
        Debug.Assert(_isClosing && !_isEndingOutput, "The socket is closed once, and not while FIN is sent.");
        if (Moves)
            RunObserver(_socket.Leave);
        else
            RunObserver(() => _socket.Close(Resets));
        bool isLast;
        lock (_operationsLock)
        {
            _isClosing = false;
            isLast = IsIdleAndClosedLocked();
        }

        if (isLast)
            OnSocketClosed();
    }

    /// <summary>Called before a receive waits.</summary>
    internal void OnReceiveWaits()
    {
        // Outside the thread pool, the thread serves its other sockets during the wait, and no other work depends on it.
        if (!_socket.OccupiesThreadPool)
            _receiveIterations = 0;
    }

    /// <summary>Counts an iteration of one direction. Returns whether it must give way to other work.</summary>
    private bool MustGiveWay(ref int iterations)
    {
        if (_keepsContext || ++iterations <= MaxIterations)
            return false;
        iterations = 0;
        return true;
    }

    private void OnFailed(Exception error, bool isSend)
    {
        if (IsEnding)
            return; // This is how a closed socket ends its operations. The reason is recorded already.
        if (error is StreamClosedException closed)
        {
            if (isSend)
                OnSendFailed(closed.Reason);
            else
                OnReceiveFailed(closed.Reason);
        }
        else if (error is not SocketException socketError)
        {
            BreakAfterLocalError(error);
        }
        else if (isSend)
        {
            OnSendFailed(socketError);
        }
        else
        {
            OnReceiveFailed(socketError);
        }
    }

    /// <summary>Starts a send, which keeps the memory of the pipe. Returns false if the socket is closed, or if the connection is
    /// still: then the thaw sends.</summary>
    private bool TryBeginSend()
    {
        lock (_operationsLock)
        {
            if (_isSocketClosed)
                return false;
            _holdsSend = IsStill;
            if (_holdsSend)
                return false;
            _sends++; // The one before has nothing left to send, but may not have ended.
            return true;
        }
    }

    /// <summary>Ends the receive. Returns false if it was requested again meanwhile.</summary>
    private bool TryEndReceive()
    {
        bool isLast;
        lock (_operationsLock)
        {
            if (_receivesAgain && !_isSocketClosed)
            {
                _receivesAgain = false;
                return false;
            }

            _isReceiving = false;
            isLast = IsIdleAndClosedLocked();
        }

        OnOperationEnded(isLast);
        return true;
    }

    private void EndSend()
    {
        bool isLast;
        lock (_operationsLock)
        {
            _sends--;
            Debug.Assert(_sends >= 0, "Sends in progress are counted.");
            isLast = IsIdleAndClosedLocked();
        }

        OnOperationEnded(isLast);
    }

    /// <summary>Whether the socket is closed, and no operation uses memory of the pipes.</summary>
    private bool IsIdleAndClosedLocked()
    {
        Debug.Assert(_operationsLock.IsHeldByCurrentThread, "Operations are counted under their lock.");
        return _isSocketClosed && !_isClosing && !_isReceiving && _sends == 0;
    }

    private void OnOperationEnded(bool isLast)
    {
        if (isLast)
            OnSocketClosed();
        else if (IsFreezing)
            EndFreezeIfIdle();
    }

    /// <summary>Completes the freeze if nothing is in flight. A pending wait for data takes none.</summary>
    private void EndFreezeIfIdle()
    {
        lock (_operationsLock)
        {
            // A thaw changes the state first, and then releases the input under this lock.
            if (IsFreezing && _sends == 0 && (Input.Hold() || !_isReceiving))
                OnFrozen();
        }
    }
}
