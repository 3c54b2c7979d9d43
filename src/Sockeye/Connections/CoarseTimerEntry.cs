namespace Sockeye;

/// <summary>Something that has a timeout, for one <see cref="CoarseTimer"/> at a time.</summary>
internal abstract class CoarseTimerEntry
{
    internal CoarseTimerEntry? Previous { get; set; }

    internal CoarseTimerEntry? Next { get; set; }

    internal long DueTick { get; set; }

    /// <summary>The slot of the timer's wheels that holds the entry, counted from 1; 0 while it is not set.</summary>
    internal int Slot { get; set; }

    /// <summary>Called when the time has passed, on the timer's thread: short, and never throws.</summary>
    internal protected abstract void OnDue();
}
