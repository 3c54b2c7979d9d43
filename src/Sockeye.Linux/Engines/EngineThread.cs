using System.Diagnostics;

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
    private const int MaxPollsOfBatch = 4;

    public static readonly bool HasOneProcessor = Environment.ProcessorCount == 1;

    [ThreadStatic]
    private static EngineThread? _current;

    private readonly InjectionQueue _injectionQueue = new();
    private readonly HandlerQueue _handlers;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _opened = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkList _work;
    private EngineConnection? _running;
    private bool _isRunning;
    private long _batchedBytes;
    private int _connectionCount;
    private long _callCount;
    private long _now;
    private volatile bool _stopping;

    protected EngineThread(EngineSetup setup, int index)
    {
        Setup = setup;
        _handlers = new(this, $"Sockeye handlers {index}");
        _thread = new(RunHandler) { IsBackground = true, Name = $"Sockeye {setup.EngineName} {index}" };
    }

    /// <summary>The current thread's, if it is an engine thread.</summary>
    public static EngineThread? Current => _current;

    /// <summary>Why connections end that are open when it stops.</summary>
    public static CloseReason StoppedReason => CloseReason.Local(CloseCause.Abort, "the transport was disposed");

    public EngineSetup Setup { get; }

    /// <summary>From any thread.</summary>
    public string Name => _thread.Name!;

    /// <summary>From any thread: open connections, and those that have been promised to it.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    /// <summary>From any thread: whether this is the current one.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>For members that only the engine thread may call.</summary>
    [Conditional("DEBUG")]
    public void AssertOnEngineThread() => Debug.Assert(IsCurrent, "Only the engine thread may do this.");

    /// <summary>On the thread: a timestamp, taken once after each wait for the kernel.</summary>
    public long Now => _now == 0 ? _now = Setup.Connections.TimeProvider.GetTimestamp() : _now;

    /// <summary>From any thread: bytes of memory of its own that connections hold.</summary>
    public virtual long RentedBytes => 0;

    /// <summary>From any thread: whether it ends once nothing is promised to it any more.</summary>
    public bool IsStopping => _stopping;

    /// <summary>From any thread: ends when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    protected Waker Waker { get; } = new(isBlocking: false);

    /// <summary>Whether it may end. The last connection goes here; who stops it, and who gives up a promise, posts.</summary>
    private bool IsFinished => _stopping && ConnectionCount == 0;

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
        Post(new AbortConnectionsWork(this));
    }

    /// <summary>From any thread, after <see cref="TryReserve"/>: a connection on this socket, which this thread will
    /// serve.</summary>
    public abstract EngineConnection NewConnection(ConnectedSocket socket);

    /// <summary>From any thread.</summary>
    public void Post(IEngineWorkItem work)
    {
        if (IsCurrent)
        {
            _work.Add(work);
            return;
        }

        _injectionQueue.Push(work);
        if (!_handlers.WillWakeEngine)
            Waker.Wake();
    }

    /// <summary>From any thread: wakes the thread if there is something for it.</summary>
    public void WakeIfWorkIsPosted()
    {
        if (!_injectionQueue.IsEmpty)
            Waker.Wake();
    }

    /// <summary>From any thread.</summary>
    public void Wake() => Waker.Wake();

    /// <summary>From any thread: lets a handler go on, on this thread only if that was asked for.</summary>
    /// <param name="connection">The handler's connection, for the watchdog; null for what only begins handlers.</param>
    /// <param name="handler">What goes on.</param>
    public void Resume(EngineConnection? connection, IThreadPoolWorkItem handler)
    {
        // A handler that makes another one's wait end must not run it on its own stack.
        if (!IsCurrent || (Setup.RunsHandlersInline && _isRunning))
        {
            ThreadPool.UnsafeQueueUserWorkItem(handler, preferLocal: false);
        }
        else if (Setup.RunsHandlersInline)
        {
            _isRunning = true;
            Volatile.Write(ref _callCount, _callCount + 1);
            Volatile.Write(ref _running, connection);
            RunHandler(handler);
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
    public void RunHandler(IThreadPoolWorkItem handler)
    {
        try
        {
            handler.Execute();
        }
        catch (Exception e)
        {
            Setup.ErrorLog.Log(Name, e);
        }
    }

    /// <summary>From any thread: the connection whose handler runs on this thread now, and which call that is.</summary>
    public (EngineConnection? Connection, long Call) CurrentCall => (Volatile.Read(ref _running), Volatile.Read(ref _callCount));

    /// <summary>
    /// From any thread: promises it a connection, which it will not end without. False: it ends already.
    /// </summary>
    public bool TryReserve()
    {
        // A full fence: either the thread, which ends when nothing is promised, sees this, or this sees that it ends.
        Interlocked.Increment(ref _connectionCount);
        if (!_stopping)
            return true;
        ReleaseReservation();
        return false;
    }

    /// <summary>From any thread: what was promised will not come.</summary>
    public void ReleaseReservation() => Post(new ReleaseReservationWork(this));

    /// <summary>A connection is gone.</summary>
    public void OnConnectionClosed() => Interlocked.Decrement(ref _connectionCount);

    /// <summary>Tells the registration when its descriptor becomes ready, again and again, until it is ended.</summary>
    public abstract void RegisterSocket(Registration registration);

    public abstract void Deregister(Registration registration);

    protected abstract void OpenEngine();

    /// <summary>Waits for the kernel up to the time, in milliseconds (-1: for ever), and does what it tells. False:
    /// nothing.</summary>
    protected abstract bool Poll(int timeout);

    protected abstract IEnumerable<EngineConnection> GetConnections();

    protected abstract void CloseEngine();

    private void RunHandler()
    {
        _current = this;
        var cache = new SegmentCache(Setup.Pool);
        SegmentCache.Current = cache;
        if (TryOpenEngine())
        {
            if (!Setup.RunsHandlersInline)
                _handlers.Start();
            while (!IsFinished)
                RunOnce();
            _handlers.Publish(); // Those that the last turn let go on.
            while (!_work.IsEmpty)
                RunPostedWork(); // And those who waited for the end of the last connection.
        }

        CloseEngine();
        cache.Clear();
        Waker.Dispose();
        _handlers.Stop();
        _ended.SetResult();
    }

    private bool TryOpenEngine()
    {
        try
        {
            OpenEngine();
            _opened.SetResult();
            return true;
        }
        catch (Exception e)
        {
            _opened.SetException(e);
            return false;
        }
    }

    private bool IsBatchLarge => _batchedBytes >= SegmentPool.LargeSize;

    /// <summary>So many bytes wait for handlers.</summary>
    public void AddToBatch(int bytes) => _batchedBytes += bytes;

    private bool PollAndResetClock(int timeout)
    {
        _now = 0;
        return Poll(timeout);
    }

    private void RunOnce()
    {
        RunPostedWork();
        // With one processor, to wake a handler is to be interrupted by it: what else is there comes first.
        for (var more = MaxPollsOfBatch; more > 0 && HasOneProcessor && _handlers.HasUnpublished && !IsBatchLarge && PollAndResetClock(0); more--)
            RunPostedWork();
        _handlers.Publish();
        _batchedBytes = 0;
        if (HasOneProcessor && _handlers.HasWaiting)
            Thread.Yield();
        Waker.BeginSleep();
        var mayDelay = _handlers.IsDelayingWakes;
        // The last connection may have been closed just now: nothing would wake the thread any more.
        var timeout = IsFinished || !_work.IsEmpty || !_injectionQueue.IsEmpty ? 0
            : mayDelay || _handlers.HasWaiting ? (int)HandlerQueue.MaxDelay.TotalMilliseconds : -1;
        if (!PollAndResetClock(timeout) && timeout > 0)
            _handlers.StopDelayingWakes();
    }

    /// <summary>What is asked meanwhile is for the next turn: nobody keeps the thread from the kernel.</summary>
    private void RunPostedWork()
    {
        _injectionQueue.DrainTo(ref _work);
        var now = _work;
        _work = default;
        while (now.TryTake() is { } work)
        {
            try
            {
                work.Run();
            }
            catch (Exception e) when (e is not EngineException)
            {
                Setup.ErrorLog.Log(Name, e);
            }
        }
    }

    private sealed class ReleaseReservationWork(EngineThread thread) : IEngineWorkItem
    {
        public IEngineWorkItem? NextWork { get; set; }

        public void Run() => thread.OnConnectionClosed();
    }

    private sealed class AbortConnectionsWork(EngineThread thread) : IEngineWorkItem
    {
        public IEngineWorkItem? NextWork { get; set; }

        public void Run()
        {
            foreach (var connection in thread.GetConnections())
                connection.Abort(StoppedReason);
        }
    }
}
