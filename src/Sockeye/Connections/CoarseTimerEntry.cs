namespace Sockeye;

/// <summary>Something that has a time limit, for one <see cref="CoarseTimer"/> at a time.</summary>
internal abstract class CoarseTimerEntry
{
    /// <summary>Where the timer keeps it; null while it is not set.</summary>
    internal CoarseTimerList? List { get; set; }

    internal CoarseTimerEntry? Previous { get; set; }

    internal CoarseTimerEntry? Next { get; set; }

    internal long DueTick { get; set; }

    /// <summary>The time is over. Runs on the timer's thread: short, and never throws.</summary>
    internal protected abstract void OnDue();
}

/// <summary>A list in which the entries themselves are the links, so that adding and removing allocate nothing.</summary>
internal sealed class CoarseTimerList
{
    private CoarseTimerEntry? _last;

    public CoarseTimerEntry? First { get; private set; }

    public void AddLast(CoarseTimerEntry entry)
    {
        (entry.List, entry.Previous, entry.Next) = (this, _last, null);
        if (_last is null)
            First = entry;
        else
            _last.Next = entry;
        _last = entry;
    }

    public void Remove(CoarseTimerEntry entry)
    {
        if (entry.Previous is null)
            First = entry.Next;
        else
            entry.Previous.Next = entry.Next;
        if (entry.Next is null)
            _last = entry.Previous;
        else
            entry.Next.Previous = entry.Previous;
        (entry.List, entry.Previous, entry.Next) = (null, null, null);
    }
}
