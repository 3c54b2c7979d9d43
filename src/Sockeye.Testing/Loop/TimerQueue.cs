namespace Sockeye.Testing;

/// <summary>Virtual time, and what it brings.</summary>
internal sealed class TimerQueue(SimulationLoop loop)
{
    private readonly PriorityQueue<SimulatedTimer, (TimeSpan Due, long Order)> _timers = new();
    private long _order;

    /// <summary>Virtual time since the run began; it never goes back.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Calls back once, after a delay of virtual time. Disposing the timer takes it back.</summary>
    public SimulatedTimer After(TimeSpan delay, TimerCallback callback, object? state) =>
        new(this, callback, state, delay, Timeout.InfiniteTimeSpan);

    public void Add(SimulatedTimer timer, TimeSpan due)
    {
        loop.ThrowIfForeignThread();
        _timers.Enqueue(timer, (due, _order++));
    }

    /// <summary>Jumps to the next moment at which a timer is due, and puts all that are due then on the loop.</summary>
    public bool TryAdvance()
    {
        while (_timers.TryPeek(out var timer, out var key))
        {
            if (!timer.IsDueAt(key.Due))
            {
                _timers.Dequeue(); // It was changed or disposed since.
                continue;
            }

            Now = key.Due;
            while (_timers.TryPeek(out timer, out key) && key.Due == Now)
            {
                _timers.Dequeue();
                if (timer.IsDueAt(key.Due))
                    loop.Post(static timer => ((SimulatedTimer)timer!).Fire(), timer);
            }

            return true;
        }

        return false;
    }
}
