using System.Diagnostics;

namespace Sockeye.Testing;

/// <summary>Virtual time and its timers.</summary>
internal sealed class TimerQueue(SimulationLoop loop)
{
    private readonly PriorityQueue<SimulatedTimer, (TimeSpan Due, long Order)> _timers = new();
    private long _order;

    /// <summary>Virtual time since the start of the run; it never goes back.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Calls back once, after a delay of virtual time. Disposing the timer cancels the call.</summary>
    public SimulatedTimer After(TimeSpan delay, TimerCallback callback, object? state) =>
        new(this, callback, state, delay, Timeout.InfiniteTimeSpan);

    public void Add(SimulatedTimer timer, TimeSpan due)
    {
        loop.ThrowIfForeignThread();
        _timers.Enqueue(timer, (due, _order++));
    }

    /// <summary>Jumps to the next time at which a timer is due, and posts all timers that are due then.</summary>
    public bool TryAdvance()
    {
        while (_timers.TryPeek(out var timer, out var key))
        {
            if (!timer.IsDueAt(key.Due))
            {
                _timers.Dequeue(); // It was changed or disposed since.
                continue;
            }

            Debug.Assert(key.Due >= Now, "Virtual time does not go back.");
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
