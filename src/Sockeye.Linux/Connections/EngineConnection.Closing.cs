using System.Diagnostics;

namespace Sockeye.Linux;

internal partial class EngineConnection
{
    private LazySignal _receiving;
    private LazySignal _sending;
    private LazySignal _finished;
    private LazySignal _sendAttempted = new(TaskCreationOptions.None);
    private volatile bool _isCompleting;
    private bool _isSendAttempted;
    private int _closing;
    private bool _isClosing;
    private bool _isClosed;
    private bool _isCloseReported;
    private volatile bool _resets;

    protected override Task ReceiveCompletion => _receiving.Task;

    public override Task SendCompletion => _sending.Task;

    protected override Task Finished => _finished.Task;

    /// <summary>Whether the socket is being closed, so that no operation may start.</summary>
    protected bool IsClosing
    {
        get
        {
            Thread.AssertOnEngineThread();
            return _isClosing;
        }
    }

    /// <summary>Whether closing has finished: the socket is closed, and waiters are notified.</summary>
    protected bool IsClosed
    {
        get
        {
            Thread.AssertOnEngineThread();
            return _isClosed;
        }
    }

    protected override bool IsReadPending => Input.IsWaiting;

    protected override void SendWithheldFin() => Post(EngineRequests.Send);

    protected override ValueTask CompletePipesAsync()
    {
        _isCompleting = true;
        Input.Detach();
        Output.Complete();
        Interlocked.MemoryBarrier(); // Either the engine sees that it must notify, or this sees that the send was attempted.
        if (_finished.IsSet)
            return default;
        Post(EngineRequests.Send);
        return new(_sendAttempted.Task);
    }

    protected override void DiscardInput() => Input.DiscardIncoming();

    protected override void AbandonInputMemory() => Input.Abandon();

    protected override void Break(CloseReason reason, bool reset)
    {
        if (Interlocked.Exchange(ref _closing, 1) == 1)
            return;
        // The reason is recorded first, so that every observer of the close finds it.
        SetCloseReason(reason);
        _resets = reset;
        Post(EngineRequests.Close);
    }

    /// <summary>
    /// Called when work of the engine for this connection threw, or the system refused. Other connections are not affected.
    /// </summary>
    public void OnWorkFailed(Exception error)
    {
        Thread.AssertOnEngineThread();
        try
        {
            if (Interlocked.Exchange(ref _closing, 1) == 0)
            {
                _resets = true;
                SetCloseReason(new(
                    ClosedBy.Local, CloseCause.Abort, CloseDirection.Both,
                    $"its engine thread cannot serve it: {error.Message}", error));
            }

            CloseNow(); // The failed work may have included the request to close.
        }
        catch (Exception e) when (e is not EngineException)
        {
            // Without memory, even closing a connection may fail. The next iteration tries again.
            Post(EngineRequests.Close);
            Thread.Setup.ErrorLog.Log(Thread.Name, e);
        }
    }

    /// <summary>Resumes the task that closes the connection, on the thread of handlers.</summary>
    void IThreadPoolWorkItem.Execute() => _sendAttempted.Set();

    /// <summary>
    /// Resumes the waiter for the first send attempt, after which the bytes that the kernel accepts at once are sent.
    /// </summary>
    private void NotifySendAttempted()
    {
        Thread.AssertOnEngineThread();
        if (!_isCompleting || _isSendAttempted)
            return;
        Thread.Resume(this, this);
        _isSendAttempted = true;
    }

    /// <summary>
    /// Resumes waiters, never on this stack: on the thread pool, or with inline handlers as work of the next iteration.
    /// </summary>
    private void NotifyWaiters(ref LazySignal signal)
    {
        Thread.AssertOnEngineThread();
        if (signal.TakeWaiters() is not { } waiting)
            return;
        if (Thread.Setup.RunsHandlersInline)
            Thread.Post(new SignalWork(Thread, waiting));
        else
            waiting.TrySetResult();
    }

    private LazySignal CreateSignal() => new(
        Thread.Setup.RunsHandlersInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

    private void EndReceiving()
    {
        Input.End(null);
        NotifyWaiters(ref _receiving);
        OnReceiveEnded();
        CloseIfEnded();
    }

    private void EndSending()
    {
        Output.End();
        NotifyWaiters(ref _sending);
        CloseIfEnded();
    }

    private void CloseIfEnded()
    {
        // If another thread is breaking the connection, it posts the request to close.
        if (_receiving.IsSet && _sending.IsSet && Interlocked.Exchange(ref _closing, 1) == 0)
            CloseNow();
    }

    /// <remarks>
    /// A step may throw for lack of memory. All steps are then tried again, until <see cref="CloseDescriptor"/> has finished.
    /// Steps that must not be repeated keep a flag.
    /// </remarks>
    private void CloseNow()
    {
        Thread.AssertOnEngineThread();
        Debug.Assert(Volatile.Read(ref _closing) == 1, "The close was claimed first.");
        if (_isClosed)
            return;
        _isClosing = true;
        Input.End(CloseReason is { IsOrderly: false } reason ? SocketErrors.ToReadException(reason) : null);
        Output.End();
        NotifyWaiters(ref _receiving);
        OnReceiveEnded();
        NotifyWaiters(ref _sending);
        if (!_isCloseReported)
        {
            RunObserver(() => NotifyStep(SocketFunction.Close, isReset: _resets));
            _isCloseReported = true;
            // Only now: once the descriptor is closed, its number may be another file's.
            if (_resets)
                SocketCalls.ResetOnClose(Descriptor);
        }

        CancelAndClose();
    }
}
