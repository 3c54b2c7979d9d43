using System.Numerics;

namespace Sockeye;

/// <summary>
/// Time limits of many connections on one timer: a wheel of slots, each a list of what is due in it. Setting and cancelling cost
/// a lock and a few writes, whatever the number of entries.
/// </summary>
/// <remarks>
/// Entries come due up to two <see cref="Tick"/>s late, never early. One that is due after more than a turn of the wheel (51.2 s)
/// is looked at once a turn. The system's timer is set only for the next slot that holds something: with nothing to do there are
/// no ticks. Safe from any thread.
/// </remarks>
internal sealed class CoarseTimer
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private const int Slots = 512; // a power of two: a tick's slot is its low bits

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _start;
    private readonly Lock _lock = new();
    private readonly CoarseTimerList[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new CoarseTimerList())];
    private readonly CoarseTimerList _due = new();
    private readonly ulong[] _filled = new ulong[Slots / 64];
    private long _done = -1; // the last tick whose slot was looked at
    private long _armedFor = long.MaxValue;

    public CoarseTimer(TimeProvider time)
    {
        (_time, _start) = (time, time.GetTimestamp());
        _timer = time.CreateTimer(
            static timer => ((CoarseTimer)timer!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sets the entry, anew where it was set before: it is due after this time, once.</summary>
    public void Set(CoarseTimerEntry entry, TimeSpan time)
    {
        lock (_lock)
        {
            Remove(entry);
            // One more, since a part of the tick that is under way has passed already: never early.
            entry.DueTick = Now() + ((time.Ticks + Tick.Ticks - 1) / Tick.Ticks) + 1;
            var slot = SlotOf(entry.DueTick);
            _slots[slot].AddLast(entry);
            _filled[slot / 64] |= 1UL << (slot % 64);
            Arm(entry.DueTick);
        }
    }

    /// <summary>Takes the entry back. Only one that is coming due at this moment, on the timer's thread, still does so.</summary>
    public void Cancel(CoarseTimerEntry entry)
    {
        lock (_lock)
            Remove(entry);
    }

    private static int SlotOf(long tick) => (int)(tick & (Slots - 1));

    private long Now() => _time.GetElapsedTime(_start).Ticks / Tick.Ticks;

    private void OnTick()
    {
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            var now = Now();
            // After a long pause (a debugger, a suspended machine) one turn meets every slot.
            for (var tick = Math.Max(_done + 1, now - Slots + 1); tick <= now; tick++)
                TakeDue(SlotOf(tick), now);
            _done = now;
            if (NextFilled(now) is { } next)
                Arm(next);
        }

        // Outside the lock: what is due may set and cancel.
        while (TakeFirstDue() is { } entry)
            entry.OnDue();
    }

    private void TakeDue(int slot, long now)
    {
        for (var entry = _slots[slot].First; entry is not null;)
        {
            var next = entry.Next;
            if (entry.DueTick <= now)
            {
                Remove(entry);
                _due.AddLast(entry);
            }

            entry = next;
        }
    }

    private CoarseTimerEntry? TakeFirstDue()
    {
        lock (_lock)
        {
            var first = _due.First;
            if (first is not null)
                _due.Remove(first);
            return first;
        }
    }

    private void Remove(CoarseTimerEntry entry)
    {
        if (entry.List is not { } list)
            return;
        list.Remove(entry);
        var slot = SlotOf(entry.DueTick);
        if (_slots[slot].First is null)
            _filled[slot / 64] &= ~(1UL << (slot % 64));
    }

    private void Arm(long tick)
    {
        if (tick >= _armedFor)
            return;
        _armedFor = tick;
        var wait = TimeSpan.FromTicks(tick * Tick.Ticks) - _time.GetElapsedTime(_start);
        _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The next tick, within a turn, whose slot holds something.</summary>
    private long? NextFilled(long now)
    {
        for (var ahead = 1; ahead <= Slots;)
        {
            var slot = SlotOf(now + ahead);
            var word = _filled[slot / 64] >> (slot % 64);
            if (word != 0)
                return now + ahead + BitOperations.TrailingZeroCount(word);
            ahead += 64 - (slot % 64);
        }

        return null;
    }
}
