namespace Sockeye.Clustering;

/// <summary>Counts what a node reports of itself. Safe to call from any thread.</summary>
internal sealed class NodeCounters(ClusterLink link, ConnectionRegistry connections, GroupDirectory groups)
{
    private readonly long _started = link.Time.GetTimestamp();
    private long _missed;

    public ClusterNodeCounts Counts =>
        new(connections.Count, groups.Count, Interlocked.Read(ref _missed), link.Since(_started));

    // Only read as a number for people: no other memory depends on it.
    public void OnMissed(long messages) => Interlocked.Add(ref _missed, messages);
}
