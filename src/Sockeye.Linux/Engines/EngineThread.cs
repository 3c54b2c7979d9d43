namespace Sockeye.Linux;

/// <summary>
/// An event loop and its thread: it alone calls the kernel for its connections, from the first to the last call.
/// </summary>
/// <remarks>
/// Each turn of the loop does what was asked of it before, lets handlers run, and waits for the kernel. Whatever others ask
/// (<see cref="Post"/>) is put in a list; who asks from outside also wakes the thread, unless a batch of handlers is under way
/// that will do it for all. Members are for the engine thread unless they say otherwise.
/// </remarks>
internal abstract class EngineThread
{
    private const int MaxGatherings = 4;

    public static readonly bool HasOneProcessor = Environment.ProcessorCount == 1;

    [ThreadStatic]
    private static EngineThread? _current;

    private readonly Inbox _inbox = new();
    private readonly HandlerQueue _handlers;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _opened = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkList _work;
    private EngineConnection? _running;
    private bool _isRunning;
    private long _gathered;
    private int _connectionCount;
    private long _callCount;
    private long _now;
    private volatile bool _stopping;

    protected EngineThread(EngineSetup setup, int index)
    {
        Setup = setup;
        _handlers = new(this, $"Sockeye handlers {index}");
        _thread = new(Run) { IsBackground = true, Name = $"Sockeye {setup.EngineName} {index}" };
    }

    /// <summary>The current thread's, if it is an engine thread.</summary>
    public static EngineThread? Current => _current;

    /// <summary>Why connections end that are open when it stops.</summary>
    public static CloseReason WasStopped => CloseReason.Local(CloseCause.Abort, "the transport was disposed");

    public EngineSetup Setup { get; }

    /// <summary>From any thread.</summary>
    public string Name => _thread.Name!;

    /// <summary>From any thread: open connections, and those that have been promised to it.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    /// <summary>From any thread: whether this is the current one.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>On the thread: a timestamp, taken once after each wait for the kernel.</summary>
    public long Now => _now == 0 ? _now = Setup.Connections.TimeProvider.GetTimestamp() : _now;

    /// <summary>From any thread: bytes of memory of its own that connections hold.</summary>
    public virtual long LentBytes => 0;

    /// <summary>From any thread: whether it ends once nothing is promised to it any more.</summary>
    public bool IsStopping => _stopping;

    /// <summary>From any thread: ends when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    protected WakeUp WakeUp { get; } = new(isBlocking: false);

    /// <summary>Whether it may end. The last connection goes here; who stops it, and who gives up a promise, posts.</summary>
    private bool IsDone => _stopping && ConnectionCount == 0;

    /// <summary>Returns when the thread runs. What the kernel refuses to it is thrown here.</summary>
    public void Start()
    {
        _thread.UnsafeStart();
        _opened.Task.GetAwaiter().GetResult();
    }

    /// <summary>From any thread: the connections that are left are aborted, then the thread ends.</summary>
    public void Stop()
    {
        _stopping = true;
        Post(new StopWork(this));
    }

    /// <summary>From any thread, after <see cref="TryReserve"/>: a connection on this socket, which this thread will
    /// serve.</summary>
    public abstract EngineConnection NewConnection(ConnectedSocket socket);

    /// <summary>From any thread.</summary>
    public void Post(IEngineWork work)
    {
        if (IsCurrent)
        {
            _work.Add(work);
            return;
        }

        _inbox.Add(work);
        if (!_handlers.WakesLater)
            WakeUp.Wake();
    }

    /// <summary>From any thread: wakes the thread if there is something for it.</summary>
    public void WakeIfAsked()
    {
        if (!_inbox.IsEmpty)
            WakeUp.Wake();
    }

    /// <summary>From any thread.</summary>
    public void Wake() => WakeUp.Wake();

    /// <summary>From any thread: lets a handler go on, on this thread only if that was asked for.</summary>
    /// <param name="connection">The handler's connection, for the watchdog; null for what only begins handlers.</param>
    /// <param name="handler">What goes on.</param>
    public void Continue(EngineConnection? connection, IThreadPoolWorkItem handler)
    {
        // A handler that makes another one's wait end must not run it on its own stack.
        if (!IsCurrent || (Setup.RunsInline && _isRunning))
        {
            ThreadPool.UnsafeQueueUserWorkItem(handler, preferLocal: false);
        }
        else if (Setup.RunsInline)
        {
            _isRunning = true;
            Volatile.Write(ref _callCount, _callCount + 1);
            Volatile.Write(ref _running, connection);
            Run(handler);
            Volatile.Write(ref _running, null);
            _isRunning = false;
        }
        else
        {
            _handlers.Add(handler);
        }
    }

    /// <summary>From any thread: runs a handler. Handlers end their own connection when they throw; whatever comes through in
    /// spite of that is logged, and ends nothing else.</summary>
    public void Run(IThreadPoolWorkItem handler)
    {
        try
        {
            handler.Execute();
        }
        catch (Exception e)
        {
            Setup.Trouble.Report(Name, e);
        }
    }

    /// <summary>From any thread: the connection whose handler runs on this thread now, and which call that is.</summary>
    public (EngineConnection? Connection, long Call) Running => (Volatile.Read(ref _running), Volatile.Read(ref _callCount));

    /// <summary>
    /// From any thread: promises it a connection, which it will not end without. False: it ends already.
    /// </summary>
    public bool TryReserve()
    {
        // A full fence: either the thread, which ends when nothing is promised, sees this, or this sees that it ends.
        Interlocked.Increment(ref _connectionCount);
        if (!_stopping)
            return true;
        GiveUp();
        return false;
    }

    /// <summary>From any thread: what was promised will not come.</summary>
    public void GiveUp() => Post(new GiveUpWork(this));

    /// <summary>A connection is gone.</summary>
    public void OnClosed() => Interlocked.Decrement(ref _connectionCount);

    /// <summary>Tells the watch when its descriptor becomes ready, again and again, until it is ended.</summary>
    public abstract void Begin(DescriptorWatch watch);

    public abstract void End(DescriptorWatch watch);

    protected abstract void Open();

    /// <summary>Waits for the kernel up to the time, in milliseconds (-1: for ever), and does what it tells. False:
    /// nothing.</summary>
    protected abstract bool Wait(int timeout);

    protected abstract IEnumerable<EngineConnection> Connections();

    protected abstract void Close();

    private void Run()
    {
        _current = this;
        var cache = new SegmentCache(Setup.Pool);
        SegmentCache.Current = cache;
        if (TryOpen())
        {
            if (!Setup.RunsInline)
                _handlers.Start();
            while (!IsDone)
                Turn();
            _handlers.Publish(); // Those that the last turn let go on.
            while (!_work.IsEmpty)
                DoWork(); // And those who waited for the end of the last connection.
        }

        Close();
        cache.Clear();
        WakeUp.Dispose();
        _handlers.End();
        _ended.SetResult();
    }

    private bool TryOpen()
    {
        try
        {
            Open();
            _opened.SetResult();
            return true;
        }
        catch (Exception e)
        {
            _opened.SetException(e);
            return false;
        }
    }

    private bool GatheredMuch => _gathered >= SegmentPool.LargeSize;

    /// <summary>So many bytes wait for handlers.</summary>
    public void CountGathered(int bytes) => _gathered += bytes;

    private bool WaitAnew(int timeout)
    {
        _now = 0;
        return Wait(timeout);
    }

    private void Turn()
    {
        DoWork();
        // With one processor, to wake a handler is to be interrupted by it: what else is there comes first.
        for (var more = MaxGatherings; more > 0 && HasOneProcessor && _handlers.HasNew && !GatheredMuch && WaitAnew(0); more--)
            DoWork();
        _handlers.Publish();
        _gathered = 0;
        if (HasOneProcessor && _handlers.HasWaiting)
            Thread.Yield();
        WakeUp.BeginSleep();
        var mayDelay = _handlers.MayDelayWakeUps;
        // The last connection may have been closed just now: nothing would wake the thread any more.
        var timeout = IsDone || !_work.IsEmpty || !_inbox.IsEmpty ? 0
            : mayDelay || _handlers.HasWaiting ? (int)HandlerQueue.MaxDelay.TotalMilliseconds : -1;
        if (!WaitAnew(timeout) && timeout > 0)
            _handlers.StopDelayingWakeUps();
    }

    /// <summary>What is asked meanwhile is for the next turn: nobody keeps the thread from the kernel.</summary>
    private void DoWork()
    {
        _inbox.MoveTo(ref _work);
        var now = _work;
        _work = default;
        while (now.TryTake() is { } work)
        {
            try
            {
                work.Work();
            }
            catch (Exception e) when (e is not RingException)
            {
                Setup.Trouble.Report(Name, e);
            }
        }
    }

    private sealed class GiveUpWork(EngineThread thread) : IEngineWork
    {
        public IEngineWork? NextWork { get; set; }

        public void Work() => thread.OnClosed();
    }

    private sealed class StopWork(EngineThread thread) : IEngineWork
    {
        public IEngineWork? NextWork { get; set; }

        public void Work()
        {
            foreach (var connection in thread.Connections())
                connection.Abort(WasStopped);
        }
    }
}
