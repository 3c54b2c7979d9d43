namespace Sockeye;

/// <summary>The number of stalled connections, on which bytes wait, and the one that has waited longest.</summary>
internal readonly record struct Stalls(int Count, TimeSpan Longest, IMonitoredConnection? Worst)
{
    /// <summary>The time after which a pause counts as a stall. Slow peers cause shorter pauses.</summary>
    public static readonly TimeSpan Threshold = TimeSpan.FromSeconds(5);

    public Stalls With(IMonitoredConnection connection, TimeSpan time) =>
        time > Longest ? new(Count + 1, time, connection) : this with { Count = Count + 1 };

    public Stalls With(in Stalls other) => other.Longest > Longest
        ? other with { Count = Count + other.Count }
        : this with { Count = Count + other.Count };
}
