using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>What a server counts in the meter "Sockeye.Server"; it costs next to nothing while nobody listens.</summary>
internal static class ServerMetrics
{
    public static Meter Meter { get; } = new("Sockeye.Server");

    public static Counter<long> Accepted { get; } = Meter.CreateCounter<long>(
        "sockeye.server.connections.accepted", "{connection}",
        "Connections accepted, those included that a limit or a rule refused afterwards.");

    public static Counter<long> Closed { get; } = Meter.CreateCounter<long>(
        "sockeye.server.connections.closed", "{connection}", "Connections that ended; the tags say why, and who ended them.");

    public static Histogram<double> Duration { get; } = Meter.CreateHistogram(
        "sockeye.server.connection.duration", "s", "From accepted to closed.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600],
        });

    public static Counter<long> AcceptFailures { get; } = Meter.CreateCounter<long>(
        "sockeye.server.accept.failures", "{failure}", "Calls of accept() that failed for a reason on this side.");

    public static Counter<long> Shed { get; } = Meter.CreateCounter<long>(
        "sockeye.server.connections.shed", "{connection}", "Waiting clients that were reset because no descriptor was left.");

    public static Counter<long> Rejected { get; } = Meter.CreateCounter<long>(
        "sockeye.server.connections.rejected", "{connection}",
        "Clients for whom a limit left no place, or a rule no way in; the tag says which.");

    public static Counter<long> Held { get; } = Meter.CreateCounter<long>(
        "sockeye.server.accept.held", "{wait}",
        "Times that a limit kept the next clients in the accept queue; the tag says which.");

    public static Counter<long> LogFailures { get; } = Meter.CreateCounter<long>(
        "sockeye.server.log.failures", "{line}", "Log lines lost because the logger threw.");

    public static void OnAccepted(Listening listening)
    {
        if (Accepted.Enabled)
            Accepted.Add(1, listening.Tags);
    }

    /// <param name="listening">Where it came in.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="duration">Null for one that was never served.</param>
    public static void OnClosed(Listening listening, CloseReason reason, TimeSpan? duration)
    {
        if (!Closed.Enabled && !Duration.Enabled)
            return;
        var tags = new TagList(listening.Tags) { { MetricTags.CloseCause, MetricTags.Of(reason.Cause) } };
        if (duration is { } lasted)
            Duration.Record(lasted.TotalSeconds, tags);
        tags.Add(MetricTags.ClosedBy, MetricTags.Of(reason.By));
        Closed.Add(1, tags);
    }
}
