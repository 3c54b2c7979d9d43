namespace Sockeye;

/// <summary>
/// Time limits of many connections on one timer. Setting and cancelling cost a lock and a few writes, whatever the number of
/// entries, and allocate nothing.
/// </summary>
/// <remarks>
/// An entry comes due up to one <see cref="Tick"/> late, never early. What is due in the same tick comes in the order it was set.
/// The system's timer is set only for what is next: with nothing to do there are no ticks. Entries come due one at a time; one
/// that takes long makes the others late. Safe from any thread.
/// </remarks>
internal sealed class CoarseTimer
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>What is set for longer comes due after this; nobody waits for it.</summary>
    internal static readonly TimeSpan MaxTime = TimeSpan.FromDays(3650);

    private readonly TimeProvider _time;
    private readonly Action<Exception>? _onException;
    private readonly ITimer _timer;
    private readonly long _start;
    private readonly Lock _lock = new();
    private readonly CoarseTimerWheels _wheels = new();
    private long _armedTick = long.MaxValue;
    private bool _isRunningEntries;

    /// <param name="time">The clock.</param>
    /// <param name="onThrew">Called, on the timer's thread, with what an entry throws against its promise; must not throw. Null:
    /// it is thrown on that thread, where it ends the process.</param>
    public CoarseTimer(TimeProvider time, Action<Exception>? onThrew = null)
    {
        (_time, _onException, _start) = (time, onThrew, time.GetTimestamp());
        _timer = time.CreateTimer(
            static timer => ((CoarseTimer)timer!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since the timer was made.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    /// <summary>Sets the entry, anew where it was set before: it is due after this time, once.</summary>
    public void Set(CoarseTimerEntry entry, TimeSpan time)
    {
        // Before the lock: a clock is other people's code, and that of a test may call timers while it is asked.
        var now = Elapsed;
        lock (_lock)
        {
            _wheels.Remove(entry);
            var nowTick = now.Ticks / Tick.Ticks;
            if (_armedTick > nowTick)
                _wheels.AdvanceTo(nowTick); // Nothing is before it: an entry is put where it need not be moved again.
            var due = now + (time < MaxTime ? time : MaxTime);
            // Not in the tick that is under way: an entry that sets itself for no time at all must not keep the thread.
            var dueTick = Math.Max((due.Ticks + Tick.Ticks - 1) / Tick.Ticks, nowTick + 1);
            ArmLocked(_wheels.Add(entry, dueTick));
        }
    }

    /// <summary>Takes the entry back. Only one that is coming due at this moment, on the timer's thread, still does so.</summary>
    public void Cancel(CoarseTimerEntry entry)
    {
        // The system's timer stays as it is: at worst it finds nothing to do, once.
        lock (_lock)
            _wheels.Remove(entry);
    }

    /// <summary>For an entry that has come due: by how much it is late.</summary>
    public TimeSpan GetLateness(CoarseTimerEntry entry) => Elapsed - TimeSpan.FromTicks(entry.DueTick * Tick.Ticks);

    private void OnTick()
    {
        var now = Elapsed;
        lock (_lock)
        {
            _armedTick = long.MaxValue;
            _wheels.TakeDue(now.Ticks / Tick.Ticks);
            if (_wheels.NextTick is { } next)
                ArmLocked(next);
            // A tick that comes while the last one is being served only adds to it: entries come due in their order, and none
            // twice at once.
            if (_isRunningEntries)
                return;
            _isRunningEntries = true;
        }

        try
        {
            // Outside the lock: what is due may set and cancel.
            while (TakeFirstDue() is { } entry)
                RunEntry(entry);
        }
        catch
        {
            OnEntryFailed();
            throw;
        }
    }

    private void RunEntry(CoarseTimerEntry entry)
    {
        try
        {
            entry.OnDue();
        }
        catch (Exception e) when (_onException is not null)
        {
            _onException(e);
        }
    }

    private CoarseTimerEntry? TakeFirstDue()
    {
        lock (_lock)
        {
            var entry = _wheels.TakeFirstDue();
            _isRunningEntries = entry is not null;
            return entry;
        }
    }

    /// <summary>An entry that breaks its promise costs the others a tick, not their time limits.</summary>
    private void OnEntryFailed()
    {
        var now = Elapsed;
        lock (_lock)
        {
            _isRunningEntries = false;
            ArmLocked((now.Ticks / Tick.Ticks) + 1);
        }
    }

    private void ArmLocked(long tick)
    {
        if (tick >= _armedTick)
            return;
        // Asked anew: a thread that had to wait for the lock would make everybody late. Where the clock of a test calls the timer
        // while it is asked, that has armed it by now.
        var now = Elapsed;
        if (tick >= _armedTick)
            return;
        _armedTick = tick;
        var wait = TimeSpan.FromTicks(tick * Tick.Ticks) - now;
        // Timers count in whole milliseconds and cut off the rest: they would come too early, and again and again.
        var milliseconds = Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, MaxTime.TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(milliseconds, MaxSystemWait)), Timeout.InfiniteTimeSpan);
    }

    /// <summary>What a system's timer takes at most, about 49 days: then it looks, and waits again.</summary>
    private const double MaxSystemWait = uint.MaxValue - 2.0;
}
