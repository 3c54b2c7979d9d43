using System.Diagnostics;
using System.IO.Pipelines;

namespace Sockeye.Testing;

/// <summary>The event loop of a run on its only thread: runs all work that is due in an order that the seed chooses.</summary>
/// <remarks>
/// Work comes from continuations (through the <see cref="SynchronizationContext"/> of the run), from pipes (the loop is their
/// scheduler), from timers and from the network. Virtual time stops while anything is due, then jumps to the next timer.
/// </remarks>
internal sealed class SimulationLoop
{
    private readonly List<WorkItem> _due = [];
    private readonly SimulationContext _context;
    private readonly Thread _thread = Thread.CurrentThread;
    private readonly Lock _foreignLock = new();
    private string? _foreignThreadError;
    private Exception? _failure;
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

    /// <summary>Everything that waits for something other than time, for the message of a run that is stuck.</summary>
    public PendingOperations Pending { get; } = new();

    /// <summary>Takes a continuation instead of the queue, or returns false. Set by simulated threads, on which the caller
    /// continues.</summary>
    public Func<SendOrPostCallback, object?, bool>? TakeContinuation { get; set; }

    public TimeSpan Now => Timers.Now;

    /// <summary>The number of work items so far. Safe from any thread.</summary>
    public long Steps => Volatile.Read(ref _steps);

    /// <summary>Runs until the task of the test is complete. Throws if the test fails, or if the run is stuck.</summary>
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

    /// <summary>Ends the run with an exception that other code may catch before the run sees it.</summary>
    public void Fail(Exception failure)
    {
        AssertOnLoopThread();
        _failure ??= failure;
    }

    /// <summary>
    /// Runs an item of the queue in the middle of the current one: as another thread does while the current one is in the kernel.
    /// </summary>
    public bool TryRunAnother()
    {
        AssertOnLoopThread();
        if (_due.Count == 0)
            return false;
        RunItem();
        return true;
    }

    /// <summary>Adds work that is due now.</summary>
    public void Post(Action<object?> action, object? state)
    {
        if (Thread.CurrentThread != _thread)
        {
            OnForeignThread();
            return;
        }

        _due.Add(new(action, state));
    }

    /// <summary>Throws on another thread than that of the run. Everything that belongs to the run calls it.</summary>
    public void ThrowIfForeignThread()
    {
        if (Thread.CurrentThread == _thread)
            return;
        OnForeignThread();
        throw new SimulationException(_foreignThreadError!);
    }

    [Conditional("DEBUG")]
    public void AssertOnLoopThread() =>
        Debug.Assert(Thread.CurrentThread == _thread, "The caller runs on the thread of the run.");

    private void RunOnce(Task running)
    {
        ThrowIfForeign();
        if (_due.Count == 0 && !Timers.TryAdvance())
            WaitForStragglers(running);
        if (_due.Count == 0)
            return;
        CheckLimits();
        RunItem();
    }

    private void CheckLimits()
    {
        if (_steps >= Limits.MaxSteps)
        {
            throw new SimulationException(
                $"The run took more than {Limits.MaxSteps:N0} steps (MaxSteps): it may loop endlessly.");
        }

        if (Now > Limits.MaxDuration)
        {
            throw new SimulationException(
                $"The run passed {Limits.MaxDuration} of virtual time (MaxDuration) without an end; {Pending.Describe()}");
        }
    }

    private void RunItem()
    {
        AssertOnLoopThread();
        _steps++;
        var index = Random.Next(_due.Count);
        var item = _due[index];
        _due[index] = _due[^1];
        _due.RemoveAt(_due.Count - 1);
        item.Action(item.State);
    }

    /// <summary>
    /// Waits briefly for a continuation from another thread, which is then reported; otherwise the run is stuck. Called when
    /// nothing is due and no timer is set.
    /// </summary>
    private void WaitForStragglers(Task running)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!running.IsCompleted && TimeProvider.System.GetElapsedTime(deadline) < Limits.StragglerTimeout)
        {
            ThrowIfForeign();
            Thread.Yield();
        }

        // This thread ran no work. If the test is complete now, another thread has completed it.
        if (running.IsCompleted)
            OnForeignThread();
        ThrowIfForeign();
        throw new SimulationException($"Nothing is left to do, and the run is not over: {Pending.Describe()}");
    }

    private void OnForeignThread()
    {
        lock (_foreignLock)
        {
            _foreignThreadError ??= "Something in the run continued on another thread, which the seed does not control: "
                + "Task.Run, a real clock (Task.Delay without network.TimeProvider), ConfigureAwait(false), real I/O; or "
                + "WhenAny, WhenAll, ContinueWith or WaitAsync(token) on the task of a TaskCompletionSource made with "
                + "RunContinuationsAsynchronously, which they complete through the thread pool: await the task itself, or "
                + "WaitAsync(timeout, network.TimeProvider). "
                + $"It came back here:{Environment.NewLine}{Environment.StackTrace}";
        }
    }

    private void ThrowIfForeign()
    {
        if (_failure is not null)
            throw _failure;
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
