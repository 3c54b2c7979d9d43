using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Linux;

/// <summary>The ready handlers of one engine thread, and the handler thread that runs them, backed by the thread pool.</summary>
/// <remarks>
/// Waking a thread that waits in the kernel costs less than waking one of the pool, which spins before and after. The handler
/// thread is for handlers that return soon. If one does not, or if there are too many for one thread, the pool runs the waiting
/// ones, so that a handler that blocks does not delay others. Work that the handlers of a batch post wakes the engine thread
/// once, when the batch ends. If that takes longer than <see cref="MaxDelay"/>, the engine thread checks for posted work itself,
/// and later work wakes it at once.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Its thread disposes its fields when it ends.")]
internal sealed class HandlerQueue : IThreadPoolWorkItem
{
    /// <summary>The maximum delay of work that a handler of a batch posted, and of handlers behind one that blocks.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(1);

    private const int MaxBatch = 32;

    [ThreadStatic]
    private static HandlerQueue? _current;

    private readonly EngineThread _engine;
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _ready = new();
    private readonly string _name;
    private Waker? _waker;
    private int _batches;
    private int _isHelperQueued;
    private long _added;
    private long _completed;
    private long _addedAtCheck;
    private long _checkedAt;
    private bool _hasUnpublished;
    private volatile bool _isDelayingWakes;
    private volatile bool _isStopping;

    public HandlerQueue(EngineThread engine, string name) => (_engine, _name) = (engine, name);

    /// <summary>The queue whose handler the current thread runs, if it runs one.</summary>
    public static HandlerQueue? Current => _current;

    public EngineThread Engine => _engine;

    /// <summary>Whether a running batch will wake the engine thread at its end.</summary>
    public bool IsDelayingWakes => _isDelayingWakes && Volatile.Read(ref _batches) > 0;

    /// <summary>Whether added handlers are not published yet.</summary>
    public bool HasUnpublished
    {
        get
        {
            _engine.AssertOnEngineThread();
            return _hasUnpublished;
        }
    }

    /// <summary>Whether handlers wait, for another one to end or for a thread.</summary>
    public bool HasWaiting => !_ready.IsEmpty;

    /// <summary>Whether the current thread runs a batch of this queue, which wakes the engine thread at its end.</summary>
    public bool WillWakeEngine => _current == this && _isDelayingWakes;

    /// <summary>The descriptor by which the thread is woken.</summary>
    public int WakeDescriptor => _waker!.Descriptor;

    /// <summary>Makes the calling thread run handlers of another queue, or of none. Returns the queue whose handlers it
    /// ran.</summary>
    public static HandlerQueue? SwitchTo(HandlerQueue? queue)
    {
        var last = _current;
        _current = queue;
        return last;
    }

    /// <summary>Starts the thread. For transports whose handlers do not run inline.</summary>
    public void Start()
    {
        _engine.AssertOnEngineThread();
        _waker = new(_engine.Setup.Kernel, isBlocking: true);
        _engine.Setup.Threads.Start(this, _name);
    }

    /// <summary>Adds a handler, which runs once <see cref="Publish"/> has been called.</summary>
    public void Add(IThreadPoolWorkItem handler)
    {
        _engine.AssertOnEngineThread();
        _hasUnpublished = true;
        Enqueue(handler);
    }

    /// <summary>
    /// Adds a handler, called by a handler of this queue. It runs after that one, or on another thread if that one takes long.
    /// </summary>
    public void AddFromHandler(IThreadPoolWorkItem handler)
    {
        Debug.Assert(_current == this, "The caller runs on a thread of this queue.");
        Enqueue(handler);
        if (!_isDelayingWakes)
            _engine.Wake(); // The engine thread checks whether this handler returns.
    }

    /// <summary>Makes the added handlers run.</summary>
    public void Publish()
    {
        _engine.AssertOnEngineThread();
        _hasUnpublished = false;
        if (_ready.IsEmpty)
            return;
        _isDelayingWakes = true;
        Interlocked.MemoryBarrier(); // Either the thread sees the handlers before it sleeps, or this sees that it sleeps.
        _waker!.Wake();
        QueueHelperIfBehind();
    }

    /// <summary>
    /// Makes posted work wake the engine thread at once. Called before the engine thread drains its injection queue and waits
    /// without a timeout.
    /// </summary>
    public void StopDelayingWakes()
    {
        _engine.AssertOnEngineThread();
        _isDelayingWakes = false;
        Interlocked.MemoryBarrier(); // Either this thread sees the posted work, or the posting thread sees the line above.
    }

    /// <summary>Ends the thread once its last handler has returned.</summary>
    public void Stop()
    {
        _engine.AssertOnEngineThread();
        _isStopping = true;
        Interlocked.MemoryBarrier(); // Either the thread sees this before it sleeps, or this sees that it sleeps.
        _waker?.Wake();
    }

    /// <summary>Runs a batch on a thread of the pool.</summary>
    public void Execute()
    {
        Interlocked.Exchange(ref _isHelperQueued, 0);
        if (!_ready.TryDequeue(out var handler))
            return;
        if (!_ready.IsEmpty)
            QueueHelper(); // This batch may block as well.
        RunBatch(handler);
    }

    /// <summary>Runs handlers on the calling thread until the queue is stopped.</summary>
    public void Run()
    {
        while (TryRunReady(out var mustWait))
        {
            if (mustWait)
                EndWait();
        }
    }

    /// <summary>
    /// Runs the ready handlers. Returns false if the thread must end; otherwise, whether it must then wait, by
    /// <see cref="EndWait"/>.
    /// </summary>
    public bool TryRunReady(out bool mustWait)
    {
        mustWait = false;
        if (_isStopping && _ready.IsEmpty)
        {
            _waker!.Dispose();
            return false;
        }

        if (_ready.TryDequeue(out var handler))
            RunBatch(handler);
        var threads = _engine.Setup.Threads;
        if (threads.HasOneProcessor && threads.Yield() && !_ready.IsEmpty)
            return true;
        _waker!.BeginSleep();
        mustWait = _ready.IsEmpty && !_isStopping;
        if (!mustWait)
            _waker.EndSleep();
        return true;
    }

    /// <summary>Waits until handlers are published, or the queue is stopped.</summary>
    public void EndWait()
    {
        _waker!.Wait();
        _waker.EndSleep();
    }

    private void RunBatch(IThreadPoolWorkItem? handler)
    {
        Debug.Assert(_current is null, "Batches are not nested.");
        Interlocked.Increment(ref _batches);
        _current = this;
        for (var count = 1; handler is not null; count++)
        {
            _engine.RunHandler(handler);
            Interlocked.Increment(ref _completed);
            if (count % MaxBatch == 0)
                _engine.WakeIfWorkIsPosted();
            _ready.TryDequeue(out handler);
        }

        _current = null;
        _engine.WakeIfWorkIsPosted();
        var batches = Interlocked.Decrement(ref _batches);
        Debug.Assert(batches >= 0, "Running batches are counted.");
    }

    /// <summary>Queues a batch to the pool if not all handlers that were ready at the last check have run.</summary>
    private void QueueHelperIfBehind()
    {
        var clock = _engine.Setup.Threads.Clock;
        var now = clock.GetTimestamp();
        if (Volatile.Read(ref _completed) >= _addedAtCheck)
            (_addedAtCheck, _checkedAt) = (Volatile.Read(ref _added), now);
        else if (clock.GetElapsedTime(_checkedAt, now) >= MaxDelay)
            QueueHelper();
    }

    private void Enqueue(IThreadPoolWorkItem handler)
    {
        _ready.Enqueue(handler);
        Interlocked.Increment(ref _added);
    }

    private void QueueHelper()
    {
        if (Interlocked.Exchange(ref _isHelperQueued, 1) == 0)
            _engine.Setup.Threads.Queue(this);
    }
}
