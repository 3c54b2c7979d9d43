using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// Runs the timeouts of many connections on one timer. Setting and cancelling one takes a lock and a few writes, independent of
/// the number of entries, and allocates nothing.
/// </summary>
/// <remarks>
/// An entry comes due up to one <see cref="Tick"/> late, never early. Entries of the same tick come due in the order in which
/// they were set. The system's timer is set only for the next entry, so that an empty timer causes no ticks. Entries come due one
/// at a time; one that takes long delays the others. Safe from any thread.
/// </remarks>
internal sealed class CoarseTimer
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>An entry that is set for longer comes due after this time: about ten years.</summary>
    internal static readonly TimeSpan MaxTime = TimeSpan.FromDays(3650);

    /// <summary>The longest wait of a system timer, about 49 days. Then it checks, and waits again.</summary>
    private const double MaxSystemWait = uint.MaxValue - 2.0;

    private readonly TimeProvider _time;
    private readonly Action<Exception>? _onException;
    private readonly ITimer _timer;
    private readonly long _start;
    private readonly Lock _lock = new();
    private readonly CoarseTimerWheels _wheels = new();
    private long _armedTick = long.MaxValue;
    private bool _isRunningEntries;

    /// <param name="time">The clock.</param>
    /// <param name="onException">Called on the timer's thread with the exception of an entry that throws, which is a bug; must
    /// not throw. If null, the exception is thrown on that thread, where it ends the process.</param>
    public CoarseTimer(TimeProvider time, Action<Exception>? onException = null)
    {
        (_time, _onException, _start) = (time, onException, time.GetTimestamp());
        _timer = time.CreateTimer(
            static timer => ((CoarseTimer)timer!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time since the timer was created.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    /// <summary>Sets an entry, which comes due once, after this time. Replaces an earlier time of the same entry.</summary>
    public void Set(CoarseTimerEntry entry, TimeSpan time)
    {
        // Outside the lock: a clock is foreign code, and the clock of a test may call timers while it is read.
        var now = Elapsed;
        lock (_lock)
        {
            _wheels.Remove(entry);
            var nowTick = now.Ticks / Tick.Ticks;
            if (_armedTick > nowTick)
                _wheels.AdvanceTo(nowTick); // No entry is due before it, and the new entry needs fewer moves.
            var due = now + (time < MaxTime ? time : MaxTime);

            // The next tick is the earliest: an entry that sets itself again for no time must not keep the thread busy.
            var dueTick = Math.Max((due.Ticks + Tick.Ticks - 1) / Tick.Ticks, nowTick + 1);
            ArmLocked(_wheels.Add(entry, dueTick));
        }
    }

    /// <summary>Cancels an entry. An entry that is coming due at this moment, on the timer's thread, still runs.</summary>
    public void Cancel(CoarseTimerEntry entry)
    {
        // The system's timer stays set: at worst, it fires once without an entry that is due.
        lock (_lock)
            _wheels.Remove(entry);
    }

    /// <summary>Returns the time by which an entry that has come due is late.</summary>
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

            // The tick that is running takes these entries as well, so that entries run one at a time and in order.
            if (_isRunningEntries)
                return;
            _isRunningEntries = true;
        }

        try
        {
            // Outside the lock: an entry may set and cancel entries.
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
            Debug.Assert(_isRunningEntries, "Only the tick that runs entries takes them.");
            var entry = _wheels.TakeFirstDue();
            _isRunningEntries = entry is not null;
            return entry;
        }
    }

    /// <summary>Continues with the other entries a tick later.</summary>
    private void OnEntryFailed()
    {
        var now = Elapsed;
        lock (_lock)
        {
            Debug.Assert(_isRunningEntries, "An entry fails while entries run.");
            _isRunningEntries = false;
            ArmLocked((now.Ticks / Tick.Ticks) + 1);
        }
    }

    private void ArmLocked(long tick)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (tick >= _armedTick)
            return;

        // The time is read again, because a wait for the lock would make all entries late. The clock of a test may call the timer
        // while it is read, and arm it.
        var now = Elapsed;
        if (tick >= _armedTick)
            return;
        _armedTick = tick;
        var wait = TimeSpan.FromTicks(tick * Tick.Ticks) - now;

        // Timers count whole milliseconds and round down: without rounding up, they would fire too early, repeatedly.
        var milliseconds = Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, MaxTime.TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(milliseconds, MaxSystemWait)), Timeout.InfiniteTimeSpan);
    }
}
