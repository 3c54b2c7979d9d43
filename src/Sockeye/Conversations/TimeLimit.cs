namespace Sockeye;

/// <summary>A time limit that runs from now on.</summary>
internal readonly struct TimeLimit(TimeProvider time, TimeSpan limit)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly long _start = time.GetTimestamp();

    /// <summary>The whole time.</summary>
    public TimeSpan Whole => limit;

    /// <summary>The rest of the time, at least a moment: what is due fails by its own timeout.</summary>
    public TimeSpan Remaining
    {
        get
        {
            if (limit == Timeout.InfiniteTimeSpan)
                return limit;
            var remaining = limit - time.GetElapsedTime(_start);
            return remaining > Shortest ? remaining : Shortest;
        }
    }
}
