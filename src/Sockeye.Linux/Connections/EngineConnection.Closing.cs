namespace Sockeye.Linux;

internal partial class EngineConnection
{
    private LazySignal _receiving;
    private LazySignal _sending;
    private LazySignal _finished;
    private LazySignal _tried = new(TaskCreationOptions.None);
    private volatile bool _isCompleting;
    private bool _hasTried;
    private int _closing;
    private bool _isClosing;
    private bool _hasReleased;
    private volatile bool _resets;

    protected override Task Receiving => _receiving.Task;

    protected override Task Sending => _sending.Task;

    protected override Task Finished => _finished.Task;

    /// <summary>On the engine thread: whether the socket is being closed; nothing new must begin.</summary>
    protected bool IsClosing => _isClosing;

    protected override bool IsReaderWaiting => Input.IsWaiting;

    protected override void SendWithheldFin() => Post(EngineRequests.Send);

    protected override ValueTask CompletePipesAsync()
    {
        _isCompleting = true;
        Input.Retire();
        Output.Complete();
        Interlocked.MemoryBarrier(); // Either the engine sees that it is to tell, or this sees that it is over.
        if (_finished.IsSet)
            return default;
        Post(EngineRequests.Send);
        return new(_tried.Task);
    }

    protected override void DropInput() => Input.Drop();

    protected override void LetGoOfInput() => Input.LetGo();

    protected override void Break(CloseReason reason, bool reset)
    {
        if (Interlocked.Exchange(ref _closing, 1) == 1)
            return;
        // The reason comes first: whoever sees the connection closed finds it.
        Explain(reason);
        _resets = reset;
        Post(EngineRequests.Close);
    }

    /// <summary>On the engine thread: its work for this connection threw, or the system refused. The others go on.</summary>
    public void OnWorkFailed(Exception error)
    {
        try
        {
            if (Interlocked.Exchange(ref _closing, 1) == 0)
            {
                _resets = true;
                Explain(CloseReason.Local(CloseCause.Abort, $"its engine thread cannot serve it: {error.Message}", error));
            }

            CloseBoth(); // Whoever was closing it already may have asked for it in what failed.
        }
        catch (Exception e) when (e is not RingException)
        {
            // Without memory even the end of a connection may fail: it is tried again in the next turn.
            Post(EngineRequests.Close);
            Thread.Setup.Trouble.Report(Thread.Name, e);
        }
    }

    /// <summary>Whoever closes the connection goes on, where handlers run.</summary>
    void IThreadPoolWorkItem.Execute() => _tried.Set();

    /// <summary>What the kernel took at once is sent by now.</summary>
    private void EndTry()
    {
        if (!_isCompleting || _hasTried)
            return;
        _hasTried = true;
        Thread.Continue(this, this);
    }

    /// <summary>Never on this stack: whoever waits goes on on the pool, or where handlers are inline, in a turn of its
    /// own.</summary>
    private void Set(ref LazySignal signal)
    {
        if (signal.Take() is not { } waiting)
            return;
        if (Thread.Setup.RunsInline)
            Thread.Post(new SignalWork(Thread, waiting));
        else
            waiting.TrySetResult();
    }

    private LazySignal NewSignal() => new(
        Thread.Setup.RunsInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

    private void EndReceiving()
    {
        Input.End(null);
        Set(ref _receiving);
        OnReceiveEnded();
        CloseIfEnded();
    }

    private void EndSending()
    {
        Output.End();
        Set(ref _sending);
        CloseIfEnded();
    }

    private void CloseIfEnded()
    {
        // If somebody breaks the connection just now, the request to close is on its way.
        if (_receiving.IsSet && _sending.IsSet && Interlocked.Exchange(ref _closing, 1) == 0)
            CloseBoth();
    }

    private void CloseBoth()
    {
        if (_hasReleased)
            return;
        _isClosing = true; // Each step may be taken again, should one of them have failed.
        Input.End(CloseReason is { IsOrderly: false } reason ? SocketBreak.ToReadError(reason) : null);
        Output.End();
        Set(ref _receiving);
        OnReceiveEnded();
        Set(ref _sending);
        Observe(() => Tell(SocketFunction.Close, isReset: _resets));
        if (_resets)
            SocketCalls.ResetOnClose(Descriptor);
        Release();
        _hasReleased = true;
    }
}
