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
    private WakeUp? _wakeUp;
    private int _batches;
    private int _helperIsQueued;
    private long _added;
    private long _done;
    private long _addedThen;
    private long _then;
    private volatile bool _delaysWakeUps;
    private volatile bool _ending;

    public HandlerQueue(EngineThread engine, string name) => (_engine, _name) = (engine, name);

    /// <summary>Whether a batch runs that will wake the engine thread at its end.</summary>
    public bool MayDelayWakeUps => _delaysWakeUps && Volatile.Read(ref _batches) > 0;

    /// <summary>On the engine thread: whether something was added that is not published yet.</summary>
    public bool HasNew { get; private set; }

    /// <summary>Whether handlers wait, for one to end or for a thread.</summary>
    public bool HasWaiting => !_ready.IsEmpty;

    /// <summary>Whether the current thread runs a batch of this queue, at whose end the engine thread will be woken.</summary>
    public bool WakesLater => _current == this && _delaysWakeUps;

    /// <summary>On the engine thread, where handlers do not run on it.</summary>
    public void Start()
    {
        var wakeUp = _wakeUp = new(isBlocking: true);
        new Thread(() => RunThread(wakeUp)) { IsBackground = true, Name = _name }.UnsafeStart();
    }

    /// <summary>The queue whose handler the current thread runs, if it runs one.</summary>
    public static HandlerQueue? Current => _current;

    public EngineThread Engine => _engine;

    /// <summary>On the engine thread: the handler runs once <see cref="Publish"/> has been called.</summary>
    public void Add(IThreadPoolWorkItem handler)
    {
        HasNew = true;
        Enqueue(handler);
    }

    /// <summary>From a handler: this one runs after it, or elsewhere if it takes long.</summary>
    public void AddFromHandler(IThreadPoolWorkItem handler)
    {
        Enqueue(handler);
        if (!_delaysWakeUps)
            _engine.Wake(); // Somebody has to notice if this handler does not return.
    }

    /// <summary>On the engine thread: lets run what is ready.</summary>
    public void Publish()
    {
        HasNew = false;
        if (_ready.IsEmpty)
            return;
        _delaysWakeUps = true;
        Interlocked.MemoryBarrier(); // Either the thread sees what is ready before it sleeps, or this sees that it sleeps.
        _wakeUp!.Wake();
        HelpIfBehind();
    }

    /// <summary>On the engine thread, before it looks at its inbox and sleeps for long: from now on who asks wakes it.</summary>
    public void StopDelayingWakeUps()
    {
        _delaysWakeUps = false;
        Interlocked.MemoryBarrier(); // Either this thread sees what was asked before, or who asks afterwards sees the line above.
    }

    /// <summary>After the engine thread has ended: so does the thread, once its last handler has returned.</summary>
    public void End()
    {
        _ending = true;
        Interlocked.MemoryBarrier(); // Either the thread sees this before it sleeps, or this sees that it sleeps.
        _wakeUp?.Wake();
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

    private void RunThread(WakeUp wakeUp)
    {
        while (!_ending || !_ready.IsEmpty)
        {
            if (_ready.TryDequeue(out var handler))
                RunBatch(handler);
            if (EngineThread.HasOneProcessor && Thread.Yield() && !_ready.IsEmpty)
                continue;
            wakeUp.BeginSleep();
            if (_ready.IsEmpty && !_ending)
                wakeUp.Wait();
            wakeUp.EndSleep();
        }

        wakeUp.Dispose();
    }

    private void RunBatch(IThreadPoolWorkItem? handler)
    {
        Interlocked.Increment(ref _batches);
        _current = this;
        for (var count = 1; handler is not null; count++)
        {
            _engine.Run(handler);
            Interlocked.Increment(ref _done);
            if (count % MaxBatch == 0)
                _engine.WakeIfAsked();
            _ready.TryDequeue(out handler);
        }

        _current = null;
        _engine.WakeIfAsked();
        Interlocked.Decrement(ref _batches);
    }

    /// <summary>Calls for help if handlers that could go on a while ago have not all done so by now.</summary>
    private void HelpIfBehind()
    {
        var now = TimeProvider.System.GetTimestamp(); // The threads' own affair: a clock of the user's says nothing about them.
        if (Volatile.Read(ref _done) >= _addedThen)
            (_addedThen, _then) = (Volatile.Read(ref _added), now);
        else if (TimeProvider.System.GetElapsedTime(_then, now) >= MaxDelay)
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
