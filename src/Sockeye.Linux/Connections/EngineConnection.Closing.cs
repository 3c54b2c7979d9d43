namespace Sockeye.Linux;

internal partial class EngineConnection
{
    private TaskCompletionSource? _sendAttempted;
    private bool _isSendAttempted;
    private bool _isClosing;
    private bool _isClosed;
    private bool _isCloseReported;

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

    protected override ValueTask CompletePipesAsync()
    {
        var attempted = new TaskCompletionSource();
        // A full fence: either the engine sees that it must notify, or this sees that the connection has ended.
        attempted = Interlocked.CompareExchange(ref _sendAttempted, attempted, null) ?? attempted;
        CompletePipes();
        if (IsFinished)
            return default;
        Post(EngineRequests.Send);
        return new(attempted.Task);
    }

    /// <summary>
    /// Called when work of the engine for this connection threw, or the system refused. Other connections are not affected.
    /// </summary>
    public void OnWorkFailed(Exception error)
    {
        Thread.AssertOnEngineThread();
        try
        {
            Break(
                new(ClosedBy.Local, CloseCause.Abort, CloseDirection.Both,
                    $"its engine thread cannot serve it: {error.Message}", error),
                reset: true);
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
    void IThreadPoolWorkItem.Execute() => _sendAttempted!.TrySetResult();

    /// <summary>
    /// Resumes the waiter for the first send attempt, after which the bytes that the kernel accepts at once are sent.
    /// </summary>
    private void NotifySendAttempted()
    {
        Thread.AssertOnEngineThread();
        if (Volatile.Read(ref _sendAttempted) is null || _isSendAttempted)
            return;
        Thread.Resume(this, this);
        _isSendAttempted = true;
    }

    /// <summary>
    /// Resumes waiters, never on this stack: on the thread pool, or with inline handlers as work of the next iteration.
    /// </summary>
    protected override void ResumeWaiters(TaskCompletionSource waiting)
    {
        Thread.AssertOnEngineThread();
        if (Thread.Setup.RunsHandlersInline)
            Thread.Post(new SignalWork(Thread, waiting));
        else
            waiting.TrySetResult();
    }

    /// <remarks>
    /// A step may throw for lack of memory. All steps are then tried again, until <see cref="CloseDescriptor"/> has finished.
    /// Steps that must not be repeated keep a flag.
    /// </remarks>
    private void CloseNow()
    {
        Thread.AssertOnEngineThread();
        if (_isClosed)
            return;
        _isClosing = true;
        EndBothDirections();
        if (!_isCloseReported)
        {
            RunObserver(() => NotifyStep(SocketFunction.Close, isReset: Resets));
            _isCloseReported = true;
            // Only now: once the descriptor is closed, its number may be another file's.
            if (Resets)
                Kernel.ResetOnClose(Descriptor);
        }

        CancelAndClose();
    }
}
