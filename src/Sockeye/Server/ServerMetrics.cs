using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>What a server counts in the meter "Sockeye.Server"; it costs next to nothing while nobody listens.</summary>
/// <remarks>
/// Who listens runs in the middle of accepting and closing. What it throws must end neither: the measurement is missing, and
/// "sockeye.server.metric.failures" says so.
/// </remarks>
internal static class ServerMetrics
{
    private static long _failures;

    public static Meter Meter { get; } = new("Sockeye.Server");

    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "sockeye.server.connections.accepted", "{connection}",
        "Connections accepted, those included that a limit or a rule refused afterwards.");

    private static readonly Counter<long> Closed = Meter.CreateCounter<long>(
        "sockeye.server.connections.closed", "{connection}", "Connections that ended; the tags say why, and who ended them.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "sockeye.server.connection.duration", "s", "From accepted to closed.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600],
        });

    private static readonly Counter<long> AcceptFailures = Meter.CreateCounter<long>(
        "sockeye.server.accept.failures", "{failure}", "Calls of accept() that failed for a reason on this side.");

    private static readonly Counter<long> Shed = Meter.CreateCounter<long>(
        "sockeye.server.connections.shed", "{connection}", "Waiting clients that were reset because no descriptor was left.");

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "sockeye.server.connections.rejected", "{connection}",
        "Clients for whom a limit left no place, or a rule no way in; the tag says which.");

    private static readonly Counter<long> Held = Meter.CreateCounter<long>(
        "sockeye.server.accept.held", "{wait}",
        "Times that a limit kept the next clients in the accept queue; the tag says which.");

    private static readonly Counter<long> LogFailures = Meter.CreateCounter<long>(
        "sockeye.server.log.failures", "{line}", "Log lines lost because the logger threw.");

    static ServerMetrics() => Meter.CreateObservableCounter(
        "sockeye.server.metric.failures", static () => Interlocked.Read(ref _failures), "{measurement}",
        "Measurements of this meter lost because a listener threw.");

    /// <summary>Whether somebody listens to how connections end.</summary>
    public static bool IsCloseEnabled => Closed.Enabled || Duration.Enabled;

    public static void OnAccepted(ActiveListener listener) => Add(Accepted, 1, listener.Tags);

    public static void OnAcceptFailed() => Add(AcceptFailures, 1);

    public static void OnShed(int count) => Add(Shed, count);

    /// <param name="limit">The tag that tells which limit or rule.</param>
    public static void OnRejected(KeyValuePair<string, object?> limit) => Add(Rejected, 1, limit);

    /// <inheritdoc cref="OnRejected"/>
    public static void OnHeld(KeyValuePair<string, object?> limit) => Add(Held, 1, limit);

    public static void OnLogFailed() => Add(LogFailures, 1);

    /// <param name="listener">Where it came in.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="duration">Null for one that was never served.</param>
    public static void OnClosed(ActiveListener listener, CloseReason reason, TimeSpan? duration)
    {
        if (!IsCloseEnabled)
            return;
        try
        {
            var tags = new TagList(listener.Tags) { { MetricTags.CloseCause, MetricTags.Of(reason.Cause) } };
            if (duration is { } lasted)
                Duration.Record(lasted.TotalSeconds, tags);
            tags.Add(MetricTags.ClosedBy, MetricTags.Of(reason.By));
            Closed.Add(1, tags);
        }
        catch (Exception)
        {
            Interlocked.Increment(ref _failures); // See the type's remarks.
        }
    }

    private static void Add(Counter<long> counter, long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!counter.TryAdd(count, tags))
            Interlocked.Increment(ref _failures); // See the type's remarks.
    }
}
