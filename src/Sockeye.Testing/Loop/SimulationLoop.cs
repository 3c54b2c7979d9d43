using System.IO.Pipelines;

namespace Sockeye.Testing;

/// <summary>The one thread of a run: it holds all work that is due and takes it in an order that the seed chooses.</summary>
/// <remarks>
/// Work comes from continuations (it is the run's <see cref="SynchronizationContext"/>), from pipes (it is their scheduler), from
/// timers and from the network. Virtual time stands still while anything is due, then jumps to the next timer.
/// </remarks>
internal sealed class SimulationLoop
{
    private readonly List<WorkItem> _due = [];
    private readonly SimulationContext _context;
    private readonly Thread _thread = Thread.CurrentThread;
    private readonly Lock _foreignLock = new();
    private string? _foreignThreadError;
    private long _steps;

    public SimulationLoop(int seed, SimulationLimits limits)
    {
        Random = new(seed);
        Limits = limits;
        Timers = new(this);
        _context = new(this);
        Scheduler = new LoopScheduler(this);
    }

    /// <summary>The only source of randomness of a run.</summary>
    public Random Random { get; }

    public SimulationLimits Limits { get; }

    public TimerQueue Timers { get; }

    public PipeScheduler Scheduler { get; }

    /// <summary>Everything that waits for something else than time, for the message of a run that is stuck.</summary>
    public PendingOperations Pending { get; } = new();

    public TimeSpan Now => Timers.Now;

    /// <summary>Pieces of work so far; for any thread.</summary>
    public long Steps => Volatile.Read(ref _steps);

    /// <summary>Runs until the test's task is complete, or throws what stopped it.</summary>
    public void Run(Func<Task> test)
    {
        var ambient = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            var running = test();
            while (!running.IsCompleted)
                RunOnce(running);
            ThrowIfForeign();
            running.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(ambient);
        }
    }

    /// <summary>Puts work on the list of what is due now.</summary>
    public void Post(Action<object?> action, object? state)
    {
        if (Thread.CurrentThread != _thread)
        {
            OnForeignThread();
            return;
        }

        _due.Add(new(action, state));
    }

    /// <summary>To be called by whatever belongs to the run: it throws when the caller has left the run's thread.</summary>
    public void ThrowIfForeignThread()
    {
        if (Thread.CurrentThread == _thread)
            return;
        OnForeignThread();
        throw new SimulationException(_foreignThreadError!);
    }

    private void RunOnce(Task running)
    {
        ThrowIfForeign();
        if (_due.Count == 0 && !Timers.TryAdvance())
            WaitForStragglers(running);
        if (_due.Count == 0)
            return;
        if (++_steps > Limits.MaxSteps)
        {
            throw new SimulationException(
                $"The run took more than {Limits.MaxSteps:N0} steps (MaxSteps): it may be turning in a circle.");
        }

        if (Now > Limits.MaxDuration)
        {
            throw new SimulationException(
                $"The run passed {Limits.MaxDuration} of virtual time (MaxDuration) without an end; {Pending.Describe()}");
        }

        var index = Random.Next(_due.Count);
        var item = _due[index];
        _due[index] = _due[^1];
        _due.RemoveAt(_due.Count - 1);
        item.Action(item.State);
    }

    /// <summary>
    /// Nothing is due and no timer is set. A continuation may still come from another thread: then that is the mistake, and it is
    /// given a moment to show itself; otherwise the run is stuck.
    /// </summary>
    private void WaitForStragglers(Task running)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!running.IsCompleted && TimeProvider.System.GetElapsedTime(deadline) < Limits.StragglerTimeout)
        {
            ThrowIfForeign();
            Thread.Yield();
        }

        // Nothing ran here meanwhile: if the test is over now, another thread has ended it.
        if (running.IsCompleted)
            OnForeignThread();
        ThrowIfForeign();
        throw new SimulationException($"Nothing is left to do, and the run is not over: {Pending.Describe()}");
    }

    private void OnForeignThread()
    {
        lock (_foreignLock)
        {
            _foreignThreadError ??= "Something in the run continued on another thread, which the seed does not control: Task.Run, "
                + "a real clock (Task.Delay without network.TimeProvider), ConfigureAwait(false), real I/O; or WhenAny, WhenAll, ContinueWith "
                + "or WaitAsync(token) on the task of a TaskCompletionSource made with RunContinuationsAsynchronously, whose end "
                + "they pass on through the thread pool: await the task itself, or WaitAsync(timeout, network.TimeProvider). "
                + $"It came back here:{Environment.NewLine}{Environment.StackTrace}";
        }
    }

    private void ThrowIfForeign()
    {
        lock (_foreignLock)
        {
            if (_foreignThreadError is not null)
                throw new SimulationException(_foreignThreadError);
        }
    }

    private readonly record struct WorkItem(Action<object?> Action, object? State);

    private sealed class LoopScheduler(SimulationLoop loop) : PipeScheduler
    {
        public override void Schedule(Action<object?> action, object? state) => loop.Post(action, state);
    }
}
