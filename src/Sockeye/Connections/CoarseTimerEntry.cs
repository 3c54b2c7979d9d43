namespace Sockeye;

/// <summary>An entry of a <see cref="CoarseTimer"/>. It belongs to one timer at a time.</summary>
internal abstract class CoarseTimerEntry
{
    internal CoarseTimerEntry? Previous { get; set; }

    internal CoarseTimerEntry? Next { get; set; }

    internal long DueTick { get; set; }

    /// <summary>The slot of the timer's wheels that holds the entry, counted from 1; 0 while it is not set.</summary>
    internal int Slot { get; set; }

    /// <summary>Called on the timer's thread when the time has passed. Must be fast, and must not throw.</summary>
    internal protected abstract void OnDue();
}
