using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>The meter "Sockeye.Messages". Without a listener, a message costs one check of a flag.</summary>
internal static class MessageMetrics
{
    private static readonly Meter Meter = new("Sockeye.Messages");

    // A group is held while it has members, which leave when their connections end. Enumerating a weak table can miss entries
    // while others are added and removed.
    private static readonly ConcurrentDictionary<IGroupGauge, bool> Groups = new(ReferenceEqualityComparer.Instance);

    private static readonly Counter<long> Messages = Meter.CreateCounter<long>(
        "sockeye.messages", "{message}", "Messages read from or written to connections; a broadcast counts once per member.");

    private static readonly Histogram<long> FrameSize = Meter.CreateHistogram(
        "sockeye.message.frame.size", "By", "Size of frames, including prefix and delimiter.", advice: new InstrumentAdvice<long>
        {
            HistogramBucketBoundaries = [16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 16777216],
        });

    private static readonly Counter<long> DroppedMessages = Meter.CreateCounter<long>(
        "sockeye.broadcast.dropped", "{message}", "Messages that a connection missed because its queue was full.");

    private static long _lateResponses;

    static MessageMetrics()
    {
        // Observed, because the responses are counted under a lock, where no code of a listener may run.
        Meter.CreateObservableCounter(
            "sockeye.requests.late_responses", static () => Interlocked.Read(ref _lateResponses), "{response}",
            "Responses that came after their callers had left.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.broadcast.members", static () => Groups.Keys.Sum(group => (long)group.GetSnapshot().Members), "{connection}",
            "Members of all groups.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.broadcast.queue.length", static () => Groups.Keys.Sum(group => group.GetSnapshot().Queued), "{message}",
            "Messages that wait for members of all groups.");
        Meter.CreateObservableGauge(
            "sockeye.broadcast.queue.longest",
            static () => Groups.Keys.Select(group => (long)group.GetSnapshot().Longest).DefaultIfEmpty().Max(), "{message}",
            "Messages that wait for the slowest member.");
    }

    /// <summary>Whether a listener measures single messages.</summary>
    public static bool IsEnabled => Messages.Enabled || FrameSize.Enabled;

    public static void OnReceived(long frame) => Record(frame, MetricTags.Receive);

    public static void OnSent(long frame) => Record(frame, MetricTags.Transmit);

    public static void OnDropped(int count) => DroppedMessages.TryAdd(count);

    public static void OnLateResponse() => Interlocked.Increment(ref _lateResponses); // Read without a lock, on collection.

    /// <summary>Measures a group while it has members. An empty group can be collected.</summary>
    public static void Add(IGroupGauge group) => Groups.TryAdd(group, true);

    public static void Remove(IGroupGauge group) => Groups.TryRemove(group, out _);

    private static void Record(long frame, KeyValuePair<string, object?> direction)
    {
        Messages.TryAdd(1, direction);
        FrameSize.TryRecord(frame, direction);
    }
}

/// <summary>Measures the queues of a group.</summary>
internal interface IGroupGauge
{
    /// <summary>Returns the number of members, of messages that wait for all of them, and of those that wait for the slowest
    /// member.</summary>
    (int Members, long Queued, int Longest) GetSnapshot();
}
