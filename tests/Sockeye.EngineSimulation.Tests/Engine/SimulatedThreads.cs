using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Linux;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests.Engine;

/// <summary>
/// Runs the engine thread, the handler thread and the thread pool of a host as items of the run's queue, in an order that the
/// seed chooses.
/// </summary>
internal class SimulatedThreads : ThreadProvider
{
    private readonly SimulatedKernel _kernel;
    private readonly Interleaving _interleaving;
    private readonly Chance _chance;

    public SimulatedThreads(SimulatedKernel kernel, Interleaving interleaving, TimeProvider clock)
    {
        (_kernel, _interleaving, _chance, Clock) = (kernel, interleaving, kernel.Chance, clock);
        HasOneProcessor = _chance.Is(0.5);
    }

    public override bool HasOneProcessor { get; }

    public override TimeProvider Clock { get; }

    private SimulationLoop Loop => _kernel.Host.Loop;

    public override void Start(EngineThread engine)
    {
        if (!On(engine, engine.TryOpen))
            throw new InvalidOperationException("A simulated kernel refuses no engine.");
        Post(() => Begin(engine));
    }

    public override void Start(HandlerQueue handlers, string name) => Post(() => RunReady(handlers));

    public override void Queue(IThreadPoolWorkItem work) => Post(work.Execute);

    public override bool Yield()
    {
        _interleaving.Run();
        return true;
    }

    /// <summary>Continues with what a handler awaited: often on its own thread, as where there is no context.</summary>
    public bool TryContinue(SendOrPostCallback continuation, object? state)
    {
        if (!_chance.Is(0.5))
            return false;
        if (HandlerQueue.Current is { } queue)
            queue.AddFromHandler(new Continuation(continuation, state));
        else
            HandlerScheduler.Inline.Schedule(state => continuation(state), state);
        return true;
    }

    /// <summary>The time in milliseconds for which an engine waits after the first half of an iteration.</summary>
    protected virtual int ChooseTimeout(int timeout) => timeout;

    private static T On<T>(EngineThread engine, Func<T> run)
    {
        var last = EngineThread.SwitchTo(engine);
        try
        {
            return run();
        }
        finally
        {
            EngineThread.SwitchTo(last);
        }
    }

    private void Begin(EngineThread engine)
    {
        var timeout = ChooseTimeout(On(engine, engine.BeginIteration));
        // Submissions are made by the call that waits, which a signal then ends.
        if (timeout == 0 || engine is RingThread { Ring.HasUnsubmitted: true })
        {
            Post(() => End(engine, timeout));
            return;
        }

        var (isOver, waitable) = (false, _kernel.Waitable!);
        SimulatedTimer? timer = null;
        if (timeout > 0)
            timer = Loop.Timers.After(TimeSpan.FromMilliseconds(timeout), _ => OnReady(), null);
        if (_chance.Is(_kernel.Faults.Interruption))
            Post(OnReady);
        waitable.WhenReady(OnReady);

        void OnReady()
        {
            if (isOver)
                return;
            isOver = true;
            timer?.Dispose();
            waitable.StopWaiting();
            Post(() => End(engine, timeout));
        }
    }

    private void End(EngineThread engine, int timeout)
    {
        var isFinished = On(engine, () =>
        {
            engine.EndIteration(timeout);
            if (engine.IsFinished)
                engine.Close();
            return engine.IsFinished;
        });
        if (!isFinished)
            Post(() => Begin(engine));
    }

    private void RunReady(HandlerQueue handlers)
    {
        if (!handlers.TryRunReady(out var mustWait))
            return;
        if (mustWait)
            Wait(handlers);
        else
            Post(() => RunReady(handlers));
    }

    private void Wait(HandlerQueue handlers)
    {
        var file = _kernel.GetEvent(handlers.WakeDescriptor);
        var isOver = false;
        file.Woken += OnWoken;
        if (file.IsSet)
            OnWoken();

        void OnWoken()
        {
            if (isOver)
                return;
            isOver = true;
            file.Woken -= OnWoken;
            Post(() =>
            {
                handlers.EndWait();
                Post(() => RunReady(handlers));
            });
        }
    }

    private void Post(Action action) => Loop.Post(static action => ((Action)action!)(), action);

    private sealed class Continuation(SendOrPostCallback continuation, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => continuation(state);
    }
}
