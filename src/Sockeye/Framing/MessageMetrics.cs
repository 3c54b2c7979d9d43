using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>The meter "Sockeye.Messages". Without a listener a message costs one look at a flag.</summary>
internal static class MessageMetrics
{
    private static readonly Meter Meter = new("Sockeye.Messages");

    // Held as long as it has members, who leave when their connections end. A weak table can miss some while others come and go.
    private static readonly ConcurrentDictionary<IGroupGauge, bool> Groups = new(ReferenceEqualityComparer.Instance);

    private static readonly Counter<long> Messages = Meter.CreateCounter<long>(
        "sockeye.messages", "{message}", "Messages taken out of connections, or put into them; broadcasts once a member.");

    private static readonly Histogram<long> FrameSize = Meter.CreateHistogram(
        "sockeye.message.frame.size", "By", "Their frames, with prefix and delimiter.", advice: new InstrumentAdvice<long>
        {
            HistogramBucketBoundaries = [16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 16777216],
        });

    private static readonly Counter<long> DroppedMessages = Meter.CreateCounter<long>(
        "sockeye.broadcast.dropped", "{message}", "Broadcasts that a member missed because its queue was full.");

    static MessageMetrics()
    {
        Meter.CreateObservableUpDownCounter(
            "sockeye.broadcast.members", static () => Groups.Keys.Sum(group => (long)group.GetSnapshot().Members), "{connection}",
            "Members of all groups.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.broadcast.queue.length", static () => Groups.Keys.Sum(group => group.GetSnapshot().Queued), "{message}",
            "Messages that wait for members of groups, over all of them.");
        Meter.CreateObservableGauge(
            "sockeye.broadcast.queue.longest",
            static () => Groups.Keys.Select(group => (long)group.GetSnapshot().Longest).DefaultIfEmpty().Max(), "{message}",
            "Messages that wait for the slowest member.");
    }

    /// <summary>Whether somebody listens to what happens to single messages.</summary>
    public static bool IsEnabled => Messages.Enabled || FrameSize.Enabled;

    public static void OnReceived(long frame) => Record(frame, MetricTags.Receive);

    public static void OnSent(long frame) => Record(frame, MetricTags.Transmit);

    public static void OnDropped(int count) => DroppedMessages.TryAdd(count);

    /// <summary>A group is asked while it has members: an empty one is held by nobody.</summary>
    public static void Add(IGroupGauge group) => Groups.TryAdd(group, true);

    public static void Remove(IGroupGauge group) => Groups.TryRemove(group, out _);

    private static void Record(long frame, KeyValuePair<string, object?> direction)
    {
        Messages.TryAdd(1, direction);
        FrameSize.TryRecord(frame, direction);
    }
}

/// <summary>How a group tells of its queues.</summary>
internal interface IGroupGauge
{
    /// <summary>How many members it has, how much waits for all of them, and for the one that has the most.</summary>
    (int Members, long Queued, int Longest) GetSnapshot();
}
