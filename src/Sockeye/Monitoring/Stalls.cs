namespace Sockeye;

/// <summary>Connections on which bytes wait and do not move, and the one that has waited longest.</summary>
internal readonly record struct Stalls(int Count, TimeSpan Longest, IMonitoredConnection? Worst)
{
    /// <summary>From here on a pause is more than the rhythm of a slow peer.</summary>
    public static readonly TimeSpan Threshold = TimeSpan.FromSeconds(5);

    public Stalls With(IMonitoredConnection connection, TimeSpan time) =>
        time > Longest ? new(Count + 1, time, connection) : this with { Count = Count + 1 };

    public Stalls With(in Stalls other) => other.Longest > Longest
        ? other with { Count = Count + other.Count }
        : this with { Count = Count + other.Count };
}
