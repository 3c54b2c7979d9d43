using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sockeye.Clustering;

/// <summary>The meter and the activity source "Sockeye.Cluster".</summary>
internal static class ClusterMetrics
{
    public static readonly ActivitySource Activities = new("Sockeye.Cluster");

    private static readonly Meter Meter = new("Sockeye.Cluster");

    private static readonly Counter<long> Published = Meter.CreateCounter<long>(
        "sockeye.cluster.published", "{message}", "Messages that groups on this node have published to other nodes.");

    private static readonly Counter<long> Received = Meter.CreateCounter<long>(
        "sockeye.cluster.received", "{message}", "Messages of other nodes that groups on this node have received.");

    private static readonly Counter<long> Missed = Meter.CreateCounter<long>(
        "sockeye.cluster.missed", "{message}", "Messages of other nodes that groups on this node have missed.");

    private static readonly Counter<long> Gaps = Meter.CreateCounter<long>(
        "sockeye.cluster.gaps", "{gap}", "Gaps in the messages of other nodes, each of one message or more.");

    private static readonly Counter<long> Repaired = Meter.CreateCounter<long>(
        "sockeye.cluster.repaired", "{message}", "Missing messages that their sender has sent again.");

    private static readonly Counter<long> Duplicates = Meter.CreateCounter<long>(
        "sockeye.cluster.duplicates", "{message}", "Messages that arrived again, or too late, and were ignored.");

    private static readonly Counter<long> Dropped = Meter.CreateCounter<long>(
        "sockeye.cluster.dropped", "{message}", "Messages that at least one other node misses because a queue to it was full.");

    private static readonly Counter<long> BadFrames = Meter.CreateCounter<long>(
        "sockeye.cluster.bad_frames", "{frame}", "Frames of other nodes that could not be read.");

    // A cluster is held from its start until it is disposed.
    private static readonly ConcurrentDictionary<Cluster, bool> Clusters = new();

    static ClusterMetrics()
    {
        Meter.CreateObservableUpDownCounter(
            "sockeye.cluster.nodes", static () => Clusters.Keys.Sum(cluster => cluster.OtherNodes.Count + 1), "{node}",
            "Nodes that are up, as this one sees them, itself included.");
        Meter.CreateObservableGauge(
            "sockeye.cluster.connected", static () => Clusters.Keys.All(cluster => cluster.IsConnected) ? 1 : 0, null,
            "1 while the engine can reach other nodes, otherwise 0.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.cluster.queue.length", static () => Clusters.Keys.Sum(cluster => cluster.GetStatus().Queues.Bytes), "By",
            "Bytes that wait for other nodes.");
        Meter.CreateObservableCounter(
            "sockeye.cluster.queue.dropped", static () => Clusters.Keys.Sum(cluster => cluster.GetStatus().Queues.DroppedFrames),
            "{frame}", "Frames to other nodes that were dropped because a queue was full.");
    }

    public static void Add(Cluster cluster) => Clusters.TryAdd(cluster, true);

    public static void Remove(Cluster cluster) => Clusters.TryRemove(cluster, out _);

    public static void OnPublished(bool isQueued)
    {
        Published.TryAdd(1);
        if (!isQueued)
            Dropped.TryAdd(1);
    }

    /// <summary>Starts the activity of a delivery, if the sender has one and something listens.</summary>
    /// <param name="sender">The activity of the sender.</param>
    /// <param name="tag">The name of the tag that says what the message is for; null: none.</param>
    /// <param name="value">Its value.</param>
    public static Activity? StartDelivery(ActivityContext sender, string? tag = null, string? value = null)
    {
        if (sender.TraceId == default)
            return null;
        KeyValuePair<string, object?>[]? tags = tag is null ? null : [new(tag, value)];
        return Activities.StartActivity("sockeye.cluster.deliver", ActivityKind.Consumer, sender, tags);
    }

    public static void OnReceived() => Received.TryAdd(1);

    public static void OnGap(long messages)
    {
        Gaps.TryAdd(1);
        Missed.TryAdd(messages);
    }

    public static void OnRepaired() => Repaired.TryAdd(1);

    public static void OnDuplicate() => Duplicates.TryAdd(1);

    public static void OnBadFrame() => BadFrames.TryAdd(1);
}
