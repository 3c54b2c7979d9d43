using System.Diagnostics;
using System.Numerics;

namespace Sockeye;

/// <summary>
/// Timer entries by the tick in which they are due: four wheels of 256 slots, each slot a list in the order of adding.
/// </summary>
/// <remarks>
/// A slot of the first wheel is a tick. A slot of the next wheel is a whole rotation of the one before: when its time starts, its
/// entries move down. An entry is on the lowest wheel whose rotation it shares with the current position, so it moves at most
/// three times, and entries of one tick keep their order. For one caller at a time.
/// </remarks>
internal sealed class CoarseTimerWheels
{
    private const int SlotBits = 8;
    private const int Slots = 1 << SlotBits;
    private const int Wheels = 4;
    private const int DueList = Wheels * Slots; // An additional list, for the entries that have come due.

    /// <summary>The first entry of each list. The lists are circular: the entry before the first is the last.</summary>
    private readonly CoarseTimerEntry?[] _lists = new CoarseTimerEntry?[DueList + 1];

    private readonly ulong[] _filled = new ulong[Wheels * Slots / 64];

    /// <summary>All entries due up to this tick were taken.</summary>
    private long _position;

    /// <summary>The next tick in which an entry is due or moves to a lower wheel; null if there is no entry.</summary>
    public long? NextTick
    {
        get
        {
            for (var wheel = 0; wheel < Wheels; wheel++)
            {
                var shift = wheel * SlotBits;
                var current = (int)(_position >> shift) & (Slots - 1);
                var rotation = _position >> shift >> SlotBits;
                if (FindNextFilled(wheel, current + 1) is { } slot)
                    return ((rotation << SlotBits) | (long)slot) << shift;

                // Only the last wheel wraps around.
                if (wheel == Wheels - 1 && FindNextFilled(wheel, 0) is { } later)
                    return (((rotation + 1) << SlotBits) | (long)later) << shift;
            }

            return null;
        }
    }

    /// <summary>Adds an entry that is not set. Returns the tick in which it is due or moves to a lower wheel.</summary>
    public long Add(CoarseTimerEntry entry, long dueTick)
    {
        // The caller read its clock earlier, and another thread may have advanced the position since. Slots behind the position
        // are not visited.
        entry.DueTick = Math.Max(dueTick, _position + 1);
        return Insert(entry);
    }

    public void Remove(CoarseTimerEntry entry)
    {
        if (entry.Slot == 0)
            return;
        var list = entry.Slot - 1;
        Debug.Assert(_lists[list] is not null, "A list with an entry has a first entry.");
        Debug.Assert(list == DueList || IsFilled(list), "A slot that holds an entry is marked as filled.");
        var (previous, next) = (entry.Previous!, entry.Next!);
        (previous.Next, next.Previous) = (next, previous);
        if (_lists[list] == entry)
        {
            _lists[list] = next == entry ? null : next;
            if (next == entry && list != DueList)
                _filled[list / 64] &= ~(1UL << (list % 64));
        }

        (entry.Previous, entry.Next, entry.Slot) = (null, null, 0);
    }

    /// <summary>Advances to a tick before which nothing is due.</summary>
    public void AdvanceTo(long tick)
    {
        Debug.Assert(tick <= _position || NextTick is not { } next || tick < next, "No entry is passed over.");
        _position = Math.Max(_position, tick);
    }

    /// <summary>Takes the entries that are due up to this tick, for <see cref="TakeFirstDue"/>.</summary>
    public void TakeDue(long now)
    {
        // Only filled slots are visited, each once, so that a long sleep of the timer costs nothing.
        while (NextTick is { } next && next <= now)
        {
            Debug.Assert(next > _position, "Time does not go back.");
            var from = _position;
            _position = next;
            var list = GetList(GetWheel(from, next), next);
            while (_lists[list] is { } entry)
            {
                Remove(entry);
                if (entry.DueTick <= _position)
                    AddLast(DueList, entry);
                else
                    Insert(entry);
            }
        }

        AdvanceTo(now);
    }

    public CoarseTimerEntry? TakeFirstDue()
    {
        var first = _lists[DueList];
        if (first is not null)
            Remove(first);
        return first;
    }

    private static int GetList(int wheel, long tick) => (wheel * Slots) + ((int)(tick >> (wheel * SlotBits)) & (Slots - 1));

    /// <summary>Returns the lowest wheel that has both ticks in the same rotation.</summary>
    private static int GetWheel(long position, long tick) =>
        Math.Min(BitOperations.Log2((ulong)(position ^ tick)) / SlotBits, Wheels - 1);

    private bool IsFilled(int list) => (_filled[list / 64] & (1UL << (list % 64))) != 0;

    private long Insert(CoarseTimerEntry entry)
    {
        Debug.Assert(entry.DueTick > _position, "An entry is inserted before it is due.");
        var wheel = GetWheel(_position, entry.DueTick);
        var list = GetList(wheel, entry.DueTick);
        AddLast(list, entry);
        _filled[list / 64] |= 1UL << (list % 64);
        var shift = wheel * SlotBits;
        return entry.DueTick >> shift << shift;
    }

    private void AddLast(int list, CoarseTimerEntry entry)
    {
        Debug.Assert(entry is { Slot: 0, Previous: null, Next: null }, "An entry is in one list at a time.");
        entry.Slot = list + 1;
        if (_lists[list] is not { } first)
        {
            _lists[list] = entry.Previous = entry.Next = entry;
            return;
        }

        var last = first.Previous!;
        (entry.Previous, entry.Next) = (last, first);
        (last.Next, first.Previous) = (entry, entry);
    }

    /// <summary>Returns the next filled slot of a wheel, starting at <paramref name="from"/>.</summary>
    private int? FindNextFilled(int wheel, int from)
    {
        for (var slot = from; slot < Slots;)
        {
            var word = _filled[((wheel * Slots) + slot) / 64] >> (slot % 64);
            if (word != 0)
                return slot + BitOperations.TrailingZeroCount(word);
            slot += 64 - (slot % 64);
        }

        return null;
    }
}
