using System.Diagnostics;

namespace Sockeye.Testing;

/// <summary>A timer of virtual time.</summary>
internal sealed class SimulatedTimer : ITimer
{
    private readonly TimerQueue _queue;
    private readonly TimerCallback _callback;
    private readonly object? _state;
    private TimeSpan? _due;
    private TimeSpan _period;

    public SimulatedTimer(TimerQueue queue, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        (_queue, _callback, _state) = (queue, callback, state);
        Change(dueTime, period);
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _period = period;
        if (dueTime == Timeout.InfiniteTimeSpan)
        {
            _due = null;
            return true;
        }

        // At least one tick between two calls, because a period of zero would stop virtual time.
        Debug.Assert(dueTime >= TimeSpan.Zero, "A timer is due now or later.");
        _due = _queue.Now + dueTime;
        _queue.Add(this, _due.Value);
        return true;
    }

    public void Dispose()
    {
        _due = null;
        _period = Timeout.InfiniteTimeSpan;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    internal bool IsDueAt(TimeSpan due) => _due == due;

    internal void Fire()
    {
        if (_due is not { } due || due > _queue.Now)
            return; // The timer was disposed or changed after it came due.
        _due = null;
        if (_period > TimeSpan.Zero)
        {
            _due = due + _period;
            _queue.Add(this, _due.Value);
        }

        _callback(_state);
    }
}
