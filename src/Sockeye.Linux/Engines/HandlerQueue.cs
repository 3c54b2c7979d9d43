using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Linux;

/// <summary>Handlers of one engine thread that can go on, run by a thread of their own and, behind it, by the thread
/// pool.</summary>
/// <remarks>
/// A thread that waits in the kernel is woken for less than one of the pool, which spins before and after. It is meant for
/// handlers that return soon. If one does not, or there is more than one thread can do, the pool takes what waits: a handler that
/// blocks holds up nobody but itself. What the handlers of a batch ask of the engine thread is told to it once, when the batch
/// ends; if that takes longer than <see cref="MaxDelay"/>, the engine thread stops this and looks.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Its thread disposes of what it owns when it ends.")]
internal sealed class HandlerQueue : IThreadPoolWorkItem
{
    /// <summary>How long the engine thread may not know what a handler of a batch asks of it, and handlers wait for one that
    /// blocks.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(1);

    private const int MaxBatch = 32;

    [ThreadStatic]
    private static HandlerQueue? _current;

    private readonly EngineThread _engine;
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _ready = new();
    private readonly string _name;
    private Waker? _waker;
    private int _batches;
    private int _helperIsQueued;
    private long _added;
    private long _completed;
    private long _addedAtCheck;
    private long _checkedAt;
    private volatile bool _isDelayingWakes;
    private volatile bool _ending;

    public HandlerQueue(EngineThread engine, string name) => (_engine, _name) = (engine, name);

    /// <summary>Whether a batch runs that will wake the engine thread at its end.</summary>
    public bool IsDelayingWakes => _isDelayingWakes && Volatile.Read(ref _batches) > 0;

    /// <summary>On the engine thread: whether something was added that is not published yet.</summary>
    public bool HasUnpublished { get; private set; }

    /// <summary>Whether handlers wait, for one to end or for a thread.</summary>
    public bool HasWaiting => !_ready.IsEmpty;

    /// <summary>Whether the current thread runs a batch of this queue, at whose end the engine thread will be woken.</summary>
    public bool WillWakeEngine => _current == this && _isDelayingWakes;

    /// <summary>On the engine thread, where handlers do not run on it.</summary>
    public void Start()
    {
        var waker = _waker = new(isBlocking: true);
        new Thread(() => RunThread(waker)) { IsBackground = true, Name = _name }.UnsafeStart();
    }

    /// <summary>The queue whose handler the current thread runs, if it runs one.</summary>
    public static HandlerQueue? Current => _current;

    public EngineThread Engine => _engine;

    /// <summary>On the engine thread: the handler runs once <see cref="Publish"/> has been called.</summary>
    public void Add(IThreadPoolWorkItem handler)
    {
        HasUnpublished = true;
        Enqueue(handler);
    }

    /// <summary>From a handler: this one runs after it, or elsewhere if it takes long.</summary>
    public void AddFromHandler(IThreadPoolWorkItem handler)
    {
        Enqueue(handler);
        if (!_isDelayingWakes)
            _engine.Wake(); // Somebody has to notice if this handler does not return.
    }

    /// <summary>On the engine thread: lets run what is ready.</summary>
    public void Publish()
    {
        HasUnpublished = false;
        if (_ready.IsEmpty)
            return;
        _isDelayingWakes = true;
        Interlocked.MemoryBarrier(); // Either the thread sees what is ready before it sleeps, or this sees that it sleeps.
        _waker!.Wake();
        QueueHelperIfBehind();
    }

    /// <summary>On the engine thread, before it looks at its inbox and sleeps for long: from now on who asks wakes it.</summary>
    public void StopDelayingWakes()
    {
        _isDelayingWakes = false;
        Interlocked.MemoryBarrier(); // Either this thread sees what was asked before, or who asks afterwards sees the line above.
    }

    /// <summary>After the engine thread has ended: so does the thread, once its last handler has returned.</summary>
    public void Stop()
    {
        _ending = true;
        Interlocked.MemoryBarrier(); // Either the thread sees this before it sleeps, or this sees that it sleeps.
        _waker?.Wake();
    }

    /// <summary>A thread of the pool helps out.</summary>
    public void Execute()
    {
        Interlocked.Exchange(ref _helperIsQueued, 0);
        if (!_ready.TryDequeue(out var handler))
            return;
        if (!_ready.IsEmpty)
            QueueHelper(); // This one may block as well.
        RunBatch(handler);
    }

    private void RunThread(Waker waker)
    {
        while (!_ending || !_ready.IsEmpty)
        {
            if (_ready.TryDequeue(out var handler))
                RunBatch(handler);
            if (EngineThread.HasOneProcessor && Thread.Yield() && !_ready.IsEmpty)
                continue;
            waker.BeginSleep();
            if (_ready.IsEmpty && !_ending)
                waker.Wait();
            waker.EndSleep();
        }

        waker.Dispose();
    }

    private void RunBatch(IThreadPoolWorkItem? handler)
    {
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
        Interlocked.Decrement(ref _batches);
    }

    /// <summary>Calls for help if handlers that could go on a while ago have not all done so by now.</summary>
    private void QueueHelperIfBehind()
    {
        var now = TimeProvider.System.GetTimestamp(); // The threads' own affair: a clock of the user's says nothing about them.
        if (Volatile.Read(ref _completed) >= _addedAtCheck)
            (_addedAtCheck, _checkedAt) = (Volatile.Read(ref _added), now);
        else if (TimeProvider.System.GetElapsedTime(_checkedAt, now) >= MaxDelay)
            QueueHelper();
    }

    private void Enqueue(IThreadPoolWorkItem handler)
    {
        _ready.Enqueue(handler);
        Interlocked.Increment(ref _added);
    }

    private void QueueHelper()
    {
        if (Interlocked.Exchange(ref _helperIsQueued, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
