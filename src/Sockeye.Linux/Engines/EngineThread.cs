using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>An event loop and its thread. Only this thread calls the kernel for its connections.</summary>
/// <remarks>
/// Each iteration of the loop runs the work that was posted before it, lets handlers run, and waits for the kernel. Work from
/// other threads (<see cref="Post"/>) goes to the injection queue; posting also wakes the thread, unless a batch of handlers is
/// running that wakes it once for all. Members that call <see cref="AssertOnEngineThread"/> are for the engine thread; the others
/// are safe from any thread.
/// </remarks>
internal abstract class EngineThread
{
    private const int MaxPollsOfBatch = 4;

    [ThreadStatic]
    private static EngineThread? _current;

    private readonly InjectionQueue _injectionQueue = new();
    private readonly HandlerQueue _handlers;
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
        (Name, Waker) = ($"Sockeye {setup.EngineName} {index}", new(setup.Kernel, isBlocking: false));
        _handlers = new(this, $"Sockeye handlers {index}");
    }

    /// <summary>The engine thread that is running the caller, if one is.</summary>
    public static EngineThread? Current => _current;

    /// <summary>The reason of connections that are open when the thread stops.</summary>
    public static CloseReason StoppedReason =>
        new(ClosedBy.Local, CloseCause.Abort, CloseDirection.Both, "the transport was disposed");

    public EngineSetup Setup { get; }

    public string Name { get; }

    /// <summary>The number of open and reserved connections.</summary>
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

    /// <summary>The number of bytes of the engine's memory that connections hold.</summary>
    public virtual long RentedBytes => 0;

    /// <summary>Whether the thread ends once no connection is open or reserved.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>
    /// Whether the thread may end. The last connection closes on this thread; stops and releases are posted to it.
    /// </summary>
    public bool IsFinished => _isStopping && ConnectionCount == 0;

    /// <summary>A task that completes when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The connection whose handler runs inline on this thread now, and the number of that call.</summary>
    public (ConnectionContext? Connection, long Call) CurrentCall =>
        (Volatile.Read(ref _runningConnection), Volatile.Read(ref _callCount));

    protected Waker Waker { get; }

    private bool IsBatchLarge => _batchedBytes >= SegmentPool.LargeSize;

    /// <summary>Asserts that the caller runs on this thread.</summary>
    [Conditional("DEBUG")]
    public void AssertOnEngineThread() => Debug.Assert(IsCurrent, "The caller runs on the engine thread.");

    /// <summary>Starts the thread, and returns when it runs. Throws if the kernel refuses its resources.</summary>
    public void Start()
    {
        Setup.Threads.Start(this);
        _opened.Task.GetAwaiter().GetResult();
    }

    /// <summary>Aborts the remaining connections, then ends the thread.</summary>
    public void Stop()
    {
        _isStopping = true;
        Post(new ActionWork(() => AbortConnections(StoppedReason)));
    }

    /// <summary>Creates the connection of a socket, which this thread serves. Called after <see cref="TryReserve"/>.</summary>
    /// <param name="socket">The connected socket.</param>
    /// <param name="function">The function that connected the socket, for the observer of steps. Null: another process, or
    /// another transport, has called it.</param>
    /// <param name="startedAt">The time at which connecting started, for the observer of steps.</param>
    public abstract ConnectionContext StartConnection(
        ConnectedSocket socket, SocketFunction? function, long? startedAt = null);

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

    /// <summary>Resumes a handler, on this thread only with inline scheduling.</summary>
    /// <param name="connection">The handler's connection, for the watchdog; null for work that only starts handlers.</param>
    /// <param name="handler">The handler's continuation.</param>
    public void Resume(ConnectionContext? connection, IThreadPoolWorkItem handler)
    {
        // A handler that ends the wait of another handler must not run that one on its stack.
        if (!IsCurrent || (Setup.RunsHandlersInline && _isRunningHandler))
        {
            Setup.Threads.Queue(handler);
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

    /// <summary>Starts an inline handler on this thread in the next iteration; on the thread pool if the thread is stopping. Safe
    /// from any thread.</summary>
    /// <param name="connection">The handler's connection; null for work that only starts handlers.</param>
    /// <param name="handler">The handler's start.</param>
    public void StartInline(ConnectionContext? connection, IThreadPoolWorkItem handler)
    {
        Debug.Assert(Setup.RunsHandlersInline, "Handlers run on this thread.");
        if (TryReserve()) // Keeps the thread running until the work has run.
            Post(new InlineStart(this, connection, handler));
        else
            Setup.Threads.Queue(handler);
    }

    /// <summary>
    /// Runs a handler. A handler that throws ends its connection; an exception that escapes is logged, and has no other effect.
    /// </summary>
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

    /// <summary>Reserves a connection, which keeps the thread running. Returns false if the thread is stopping.</summary>
    public bool TryReserve()
    {
        // A full fence: either the thread sees the reservation before it ends, or this sees that it is stopping.
        Interlocked.Increment(ref _connectionCount);
        if (!_isStopping)
            return true;
        ReleaseReservation();
        return false;
    }

    /// <summary>Releases a reservation that is not used.</summary>
    public void ReleaseReservation() => Post(new ActionWork(OnConnectionClosed));

    public void OnConnectionClosed()
    {
        AssertOnEngineThread();
        var left = Interlocked.Decrement(ref _connectionCount);
        Debug.Assert(left >= 0, "A connection that closes was reserved.");
    }

    /// <summary>Notifies the registration each time its descriptor becomes ready, until it is deregistered.</summary>
    public abstract void Register(Registration registration);

    public abstract void Deregister(Registration registration);

    /// <summary>Counts bytes for the handlers of this iteration.</summary>
    public void AddToBatch(int bytes)
    {
        AssertOnEngineThread();
        _batchedBytes += bytes;
    }

    protected abstract void OpenEngine();

    /// <summary>
    /// Waits for the kernel, at most for a time in milliseconds (-1: forever), and handles its events. Returns false if there
    /// were none.
    /// </summary>
    protected abstract bool Poll(int timeout);

    protected abstract void AbortConnections(CloseReason reason);

    protected abstract void CloseEngine();

    /// <summary>Runs the loop on the calling thread until the engine is stopped.</summary>
    public void Run()
    {
        SwitchTo(this);
        using (Setup.Pool.CreateCacheOfThread())
        {
            if (TryOpen())
            {
                while (!IsFinished)
                    EndIteration(BeginIteration());
            }

            Close();
        }

        SwitchTo(null);
    }

    /// <summary>Makes the calling thread the thread of an engine, or of none. Returns the engine whose thread it was.</summary>
    public static EngineThread? SwitchTo(EngineThread? engine)
    {
        var last = _current;
        _current = engine;
        return last;
    }

    /// <summary>Opens the engine. Returns false if the system refuses.</summary>
    public bool TryOpen()
    {
        AssertOnEngineThread();
        try
        {
            OpenEngine();
            if (!Setup.RunsHandlersInline)
                _handlers.Start();
            _opened.SetResult();
            return true;
        }
        catch (Exception e)
        {
            _opened.SetException(e);
            return false;
        }
    }

    /// <summary>
    /// Runs posted work, and lets handlers run. Returns the maximum time, in milliseconds, for which the thread may then wait for
    /// the kernel (-1: forever).
    /// </summary>
    public int BeginIteration()
    {
        AssertOnEngineThread();
        RunPostedWork();
        // With one processor, a handler that wakes interrupts this thread, so other events are handled first.
        var hasOneProcessor = Setup.Threads.HasOneProcessor;
        for (var more = MaxPollsOfBatch; more > 0 && hasOneProcessor && _handlers.HasUnpublished && !IsBatchLarge; more--)
        {
            if (!PollAndResetClock(0))
                break;
            RunPostedWork();
        }

        _handlers.Publish();
        _batchedBytes = 0;
        if (hasOneProcessor && _handlers.HasWaiting)
            Setup.Threads.Yield();
        Waker.BeginSleep();
        var isDelayingWakes = _handlers.IsDelayingWakes;
        // The last connection may have just closed, and then nothing else would wake the thread.
        return IsFinished || !_work.IsEmpty || !_injectionQueue.IsEmpty ? 0
            : isDelayingWakes || _handlers.HasWaiting ? (int)HandlerQueue.MaxDelay.TotalMilliseconds : -1;
    }

    /// <summary>Waits for the kernel, at most for the time that <see cref="BeginIteration"/> returned, and handles its
    /// events.</summary>
    public void EndIteration(int timeout)
    {
        AssertOnEngineThread();
        if (!PollAndResetClock(timeout) && timeout > 0)
            _handlers.StopDelayingWakes();
    }

    /// <summary>Closes the engine, once it is finished.</summary>
    public void Close()
    {
        AssertOnEngineThread();
        if (_opened.Task.IsCompletedSuccessfully)
        {
            Debug.Assert(IsFinished, "No connection is open.");
            _handlers.Publish(); // Publishes handlers that the last iteration resumed.
            while (!_work.IsEmpty)
                RunPostedWork(); // Runs work that waited for the end of the last connection.
        }

        CloseEngine();
        Waker.Dispose();
        _handlers.Stop();
        _ended.SetResult();
    }

    private bool PollAndResetClock(int timeout)
    {
        _now = 0;
        return Poll(timeout);
    }

    /// <summary>
    /// Runs posted work. Work that it posts waits for the next iteration, so that the thread always returns to the kernel.
    /// </summary>
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
}
