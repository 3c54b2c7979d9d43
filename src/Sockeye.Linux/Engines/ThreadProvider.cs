namespace Sockeye.Linux;

/// <summary>
/// The threads on which the engines and handlers of a transport run. A simulation runs their steps on its only thread.
/// </summary>
internal abstract class ThreadProvider
{
    /// <summary>Threads of this process, and its thread pool.</summary>
    public static ThreadProvider Process { get; } = new ProcessThreads();

    /// <summary>Whether threads take turns on one processor, so that a thread that wakes interrupts another.</summary>
    public abstract bool HasOneProcessor { get; }

    /// <summary>The clock by which the progress of threads is measured.</summary>
    public abstract TimeProvider Clock { get; }

    /// <summary>Starts an engine. Returns at once.</summary>
    public abstract void Start(EngineThread engine);

    /// <summary>Starts the handler thread of an engine. Returns at once.</summary>
    public abstract void Start(HandlerQueue handlers, string name);

    /// <summary>Runs work on a thread that may block: one of the pool.</summary>
    public abstract void Queue(IThreadPoolWorkItem work);

    /// <summary>Lets another thread run on this processor. Returns whether one did.</summary>
    public abstract bool Yield();

    private sealed class ProcessThreads : ThreadProvider
    {
        public override bool HasOneProcessor { get; } = Environment.ProcessorCount == 1;

        public override TimeProvider Clock => TimeProvider.System;

        public override void Start(EngineThread engine) =>
            new Thread(engine.Run) { IsBackground = true, Name = engine.Name }.UnsafeStart();

        public override void Start(HandlerQueue handlers, string name) =>
            new Thread(handlers.Run) { IsBackground = true, Name = name }.UnsafeStart();

        public override void Queue(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

        public override bool Yield() => Thread.Yield();
    }
}
