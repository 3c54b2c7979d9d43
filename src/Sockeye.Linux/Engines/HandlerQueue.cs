using System.Collections.Concurrent;

namespace Sockeye.Linux;

/// <summary>Handlers of one engine thread that can go on: run by the thread pool, many at a time.</summary>
/// <remarks>
/// One item in the pool stands for all of them. Before it runs the first it asks for another if there are more, so that a handler
/// that blocks holds up nobody but itself. What the handlers of a batch ask of the engine thread is told to it once, when the
/// batch ends; if that takes longer than <see cref="MaxDelay"/>, the engine thread stops this and looks.
/// </remarks>
internal sealed class HandlerQueue(EngineThread thread) : IThreadPoolWorkItem
{
    /// <summary>How long the engine thread may not know what a handler of a batch asks of it.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(1);

    private const int MaxBatch = 32;

    [ThreadStatic]
    private static HandlerQueue? _current;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _ready = new();
    private int _isQueued;
    private int _batches;
    private volatile bool _delaysWakeUps;

    /// <summary>Whether a batch runs, or is about to, that will wake the engine thread at its end.</summary>
    public bool MayDelayWakeUps => _delaysWakeUps && Volatile.Read(ref _batches) > 0;

    /// <summary>Whether the current thread runs a batch of this queue, at whose end the engine thread will be woken.</summary>
    public bool WakesLater => _current == this && _delaysWakeUps;

    /// <summary>On the engine thread: the handler runs once <see cref="Publish"/> has been called.</summary>
    public void Add(IThreadPoolWorkItem handler) => _ready.Enqueue(handler);

    /// <summary>On the engine thread: lets the pool run what is ready.</summary>
    public void Publish()
    {
        if (_ready.IsEmpty)
            return;
        _delaysWakeUps = true;
        Queue();
    }

    /// <summary>On the engine thread, before it looks at its inbox and sleeps for long: from now on who asks wakes it.</summary>
    public void StopDelayingWakeUps()
    {
        _delaysWakeUps = false;
        Interlocked.MemoryBarrier(); // Either this thread sees what was asked before, or who asks afterwards sees the line above.
    }

    public void Execute()
    {
        // The full fence: what was added before somebody found this set is seen below.
        Interlocked.Exchange(ref _isQueued, 0);
        if (_ready.TryDequeue(out var handler))
        {
            if (!_ready.IsEmpty)
                Queue();
            Run(handler);
        }

        Interlocked.Decrement(ref _batches);
    }

    private void Queue()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 1)
            return;
        Interlocked.Increment(ref _batches);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Run(IThreadPoolWorkItem? handler)
    {
        _current = this;
        for (var count = 1; handler is not null; count++)
        {
            handler.Execute();
            if (count % MaxBatch == 0)
                thread.WakeIfAsked();
            _ready.TryDequeue(out handler);
        }

        _current = null;
        thread.WakeIfAsked();
    }
}
