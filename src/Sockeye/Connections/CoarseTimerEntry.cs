namespace Sockeye;

/// <summary>Something that has a time limit, for one <see cref="CoarseTimer"/> at a time.</summary>
internal abstract class CoarseTimerEntry
{
    internal CoarseTimerEntry? Previous { get; set; }

    internal CoarseTimerEntry? Next { get; set; }

    internal long DueTick { get; set; }

    /// <summary>Where the timer keeps it, counted from 1; 0 while it is not set.</summary>
    internal int Slot { get; set; }

    /// <summary>The time is over. Runs on the timer's thread: short, and never throws.</summary>
    internal protected abstract void OnDue();
}
