using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>
/// An event loop and its thread: it alone calls the kernel for its connections, from the first to the last call.
/// </summary>
/// <remarks>
/// Each iteration of the loop runs the work that was posted before it, lets handlers run, and waits for the kernel. Work from
/// other threads (<see cref="Post"/>) goes to the injection queue; posting also wakes the thread, unless a batch of handlers is
/// running that wakes it once for all. Members that assert it are for the engine thread, the others for any thread.
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
    private ConnectionContext? _runningConnection;
    private bool _isRunningHandler;
    private long _batchedBytes;
    private int _connectionCount;
    private long _callCount;
    private long _now;
    private volatile bool _isStopping;

    protected EngineThread(EngineSetup setup, int index)
    {
        Setup = setup;
        _handlers = new(this, $"Sockeye handlers {index}");
        _thread = new(RunLoop) { IsBackground = true, Name = $"Sockeye {setup.EngineName} {index}" };
    }

    /// <summary>The engine thread that is running the caller, if one is.</summary>
    public static EngineThread? Current => _current;

    /// <summary>Why connections end that are open when the thread stops.</summary>
    public static CloseReason StoppedReason =>
        new(ClosedBy.Local, CloseCause.Abort, CloseDirection.Both, "the transport was disposed");

    public EngineSetup Setup { get; }

    public string Name => _thread.Name!;

    /// <summary>Open connections, and those that are reserved.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    /// <summary>Whether the caller runs on this thread.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>A timestamp, taken once after each wait for the kernel.</summary>
    public long Now
    {
        get
        {
            AssertOnEngineThread();
            return _now == 0 ? _now = Setup.Connections.TimeProvider.GetTimestamp() : _now;
        }
    }

    /// <summary>Bytes of the engine's own memory that connections hold.</summary>
    public virtual long RentedBytes => 0;

    /// <summary>Whether it ends once no connection is open or reserved.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Completes when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The connection whose handler runs inline on this thread now, and the number of that call.</summary>
    public (ConnectionContext? Connection, long Call) CurrentCall =>
        (Volatile.Read(ref _runningConnection), Volatile.Read(ref _callCount));

    protected Waker Waker { get; } = new(isBlocking: false);

    /// <summary>Whether the thread may end. The last connection closes on it; stopping and releasing are posted.</summary>
    private bool IsFinished => _isStopping && ConnectionCount == 0;

    private bool IsBatchLarge => _batchedBytes >= SegmentPool.LargeSize;

    /// <summary>For members that only this thread may call.</summary>
    [Conditional("DEBUG")]
    public void AssertOnEngineThread() => Debug.Assert(IsCurrent, "Only the engine thread may do this.");

    /// <summary>Starts the thread and returns when it runs. What the kernel refuses to it is thrown here.</summary>
    public void Start()
    {
        _thread.UnsafeStart();
        _opened.Task.GetAwaiter().GetResult();
    }

    /// <summary>Aborts the connections that are left, then ends the thread.</summary>
    public void Stop()
    {
        _isStopping = true;
        Post(new AbortConnectionsWork(this));
    }

    /// <summary>After <see cref="TryReserve"/>: makes a connection of a socket, which this thread serves from now on.</summary>
    /// <param name="socket">The connected socket.</param>
    /// <param name="function">What connected it, for the observer of steps.</param>
    /// <param name="startedAt">When connecting started, for the observer of steps.</param>
    public abstract ConnectionContext StartConnection(
        ConnectedSocket socket, SocketFunction function, long? startedAt = null);

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

    /// <summary>Wakes the thread if work was posted.</summary>
    public void WakeIfWorkIsPosted()
    {
        if (!_injectionQueue.IsEmpty)
            Waker.Wake();
    }

    public void Wake() => Waker.Wake();

    /// <summary>Resumes a handler, on this thread only if that was asked for.</summary>
    /// <param name="connection">The handler's connection, for the watchdog; null for what only starts handlers.</param>
    /// <param name="handler">The handler's continuation.</param>
    public void Resume(ConnectionContext? connection, IThreadPoolWorkItem handler)
    {
        // A handler that ends another one's wait must not run it on its own stack.
        if (!IsCurrent || (Setup.RunsHandlersInline && _isRunningHandler))
        {
            ThreadPool.UnsafeQueueUserWorkItem(handler, preferLocal: false);
        }
        else if (Setup.RunsHandlersInline)
        {
            _isRunningHandler = true;
            Volatile.Write(ref _callCount, _callCount + 1);
            Volatile.Write(ref _runningConnection, connection);
            RunHandler(handler);
            Volatile.Write(ref _runningConnection, null);
            _isRunningHandler = false;
        }
        else
        {
            _handlers.Add(handler);
        }
    }

    /// <summary>Runs a handler. Handlers end their own connection when they throw; an exception that escapes in spite of that is
    /// logged, and ends nothing else.</summary>
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

    /// <summary>Reserves a connection, without which the thread does not end. False: the thread is stopping.</summary>
    public bool TryReserve()
    {
        // A full fence: either the thread, which ends when nothing is reserved, sees this, or this sees that it is stopping.
        Interlocked.Increment(ref _connectionCount);
        if (!_isStopping)
            return true;
        ReleaseReservation();
        return false;
    }

    /// <summary>The reserved connection does not come.</summary>
    public void ReleaseReservation() => Post(new ReleaseReservationWork(this));

    public void OnConnectionClosed()
    {
        AssertOnEngineThread();
        var left = Interlocked.Decrement(ref _connectionCount);
        Debug.Assert(left >= 0, "Each connection was reserved, and closes once.");
    }

    /// <summary>Notifies the registration each time its descriptor becomes ready, until it is deregistered.</summary>
    public abstract void Register(Registration registration);

    public abstract void Deregister(Registration registration);

    /// <summary>Counts bytes that wait for the handlers of this iteration.</summary>
    public void AddToBatch(int bytes)
    {
        AssertOnEngineThread();
        _batchedBytes += bytes;
    }

    protected abstract void OpenEngine();

    /// <summary>Waits for the kernel, up to a time in milliseconds (-1: without end), and handles its events. False: there were
    /// none.</summary>
    protected abstract bool Poll(int timeout);

    protected abstract void AbortConnections(CloseReason reason);

    protected abstract void CloseEngine();

    private void RunLoop()
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
            _handlers.Publish(); // Those that the last iteration resumed.
            while (!_work.IsEmpty)
                RunPostedWork(); // And those that waited for the end of the last connection.
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

    private void RunOnce()
    {
        RunPostedWork();
        // With one processor, to wake a handler is to be interrupted by it: what else has arrived comes first.
        for (var more = MaxPollsOfBatch; more > 0 && HasOneProcessor && _handlers.HasUnpublished && !IsBatchLarge; more--)
        {
            if (!PollAndResetClock(0))
                break;
            RunPostedWork();
        }

        _handlers.Publish();
        _batchedBytes = 0;
        if (HasOneProcessor && _handlers.HasWaiting)
            Thread.Yield();
        Waker.BeginSleep();
        var isDelayingWakes = _handlers.IsDelayingWakes;
        // The last connection may have been closed just now: nothing else would wake the thread.
        var timeout = IsFinished || !_work.IsEmpty || !_injectionQueue.IsEmpty ? 0
            : isDelayingWakes || _handlers.HasWaiting ? (int)HandlerQueue.MaxDelay.TotalMilliseconds : -1;
        if (!PollAndResetClock(timeout) && timeout > 0)
            _handlers.StopDelayingWakes();
    }

    private bool PollAndResetClock(int timeout)
    {
        _now = 0;
        return Poll(timeout);
    }

    /// <summary>Work that is posted by this work is for the next iteration: it never keeps the thread from the kernel.</summary>
    private void RunPostedWork()
    {
        _injectionQueue.DrainTo(ref _work);
        var posted = _work;
        _work = default;
        while (posted.TryTake() is { } work)
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

        public void Run() => thread.AbortConnections(StoppedReason);
    }
}
