using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>The instruments of a server in the meter "Sockeye.Server". They cost almost nothing without a listener.</summary>
/// <remarks>
/// Metric listeners run within accepting and closing, and an exception of theirs must end neither. Instead, the measurement is
/// lost and "sockeye.server.metric.failures" counts it.
/// </remarks>
internal static class ServerMetrics
{
    private static long _failures;

    public static Meter Meter { get; } = new("Sockeye.Server");

    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "sockeye.server.connections.accepted", "{connection}",
        "Connections accepted, including those that a limit or a rule refused afterwards.");

    private static readonly Counter<long> Closed = Meter.CreateCounter<long>(
        "sockeye.server.connections.closed", "{connection}",
        "Connections that ended; the tags name the cause and the side that ended them.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "sockeye.server.connection.duration", "s", "The time from the accept to the close.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600],
        });

    private static readonly Counter<long> AcceptFailures = Meter.CreateCounter<long>(
        "sockeye.server.accept.failures", "{failure}", "Calls of accept() that failed for a local reason.");

    private static readonly Counter<long> Shed = Meter.CreateCounter<long>(
        "sockeye.server.connections.shed", "{connection}", "Waiting clients that were reset because no descriptor was left.");

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "sockeye.server.connections.rejected", "{connection}",
        "Clients that a limit or a rule refused; the tag names it.");

    private static readonly Counter<long> Held = Meter.CreateCounter<long>(
        "sockeye.server.accept.held", "{wait}",
        "Waits in which a limit kept clients in the accept queue; the tag names it.");

    private static readonly TakeoverTotals Takeovers = new();

    private static readonly Histogram<double> MovePause = Meter.CreateHistogram(
        "sockeye.server.connection.move.pause", "s",
        "The time for which a connection that came from another process stood still.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
        });

    private static readonly Counter<long> LogFailures = Meter.CreateCounter<long>(
        "sockeye.server.log.failures", "{line}", "Log lines lost because the logger threw.");

    private static readonly ConcurrentDictionary<ServerGauges, bool> Servers = [];

    static ServerMetrics()
    {
        Meter.CreateObservableCounter(
            "sockeye.server.metric.failures", static () => Interlocked.Read(ref _failures), "{measurement}",
            "Measurements of this meter lost because a listener threw.");
        Meter.CreateObservableCounter(
            "sockeye.server.takeovers", Takeovers.Count, "{takeover}", "Takeovers between processes; the tag has the outcome.");
        Meter.CreateObservableCounter(
            "sockeye.server.takeover.connections", Takeovers.CountConnections, "{connection}",
            "Connections in takeovers, by what became of them.");
        Meter.CreateObservableGauge(
            "sockeye.server.takeover.pause", Takeovers.Pauses, "s",
            "The pauses of the connections that came over in the last takeover, by quantile.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.active_connections", () => Collect(static server => server.Active()), "{connection}",
            "Open connections.");
        Meter.CreateObservableCounter(
            "sockeye.server.network.io", () => Collect(static server => server.Traffic()), "By",
            "Bytes received and sent, including those of closed connections; with TLS, encrypted bytes.");
        Meter.CreateObservableGauge(
            "sockeye.server.accept.queue.depth", () => Collect(static server => server.QueueDepths()), "{connection}",
            "Clients that wait to be accepted (Linux).");
        Meter.CreateObservableGauge(
            "sockeye.server.accept.queue.limit", () => Collect(static server => server.QueueLimits()), "{connection}",
            "The maximum number of clients that wait to be accepted (Linux).");
        Meter.CreateObservableCounter(
            "sockeye.host.listen.overflows", () => ReadHost("ListenOverflows"), "{connection}",
            "Clients dropped because an accept queue was full, of all programs in this network namespace (Linux).");
        Meter.CreateObservableCounter(
            "sockeye.host.listen.drops", () => ReadHost("ListenDrops"), "{connection}",
            "Clients dropped at a listening socket for any reason; the same scope (Linux).");
        Meter.CreateObservableGauge(
            "sockeye.server.connections.limit", () => Collect(static server => server.Limits()), "{connection}",
            "The maximum number of open connections: of a server (MaxConnections, reported with its first listener), and of an " +
            "endpoint (UseConnectionLimit, reported with each of its listeners).");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.connections.read_paused", () => Collect(static server => server.ReadPaused()), "{connection}",
            "Connections whose handler does not read, so that receiving is paused.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.connections.send_blocked", () => Collect(static server => server.SendBlocked()), "{connection}",
            "Connections whose peer does not read, so that sending is blocked.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.handlers.waiting", () => Collect(static server => server.Waiting()), "{connection}",
            "Connections whose handler has not started.");
        Meter.CreateObservableGauge(
            "sockeye.server.handlers.longest_wait", () => Collect(static server => server.LongestWait()), "s",
            "The longest wait of a connection for its handler to start.");
        Meter.CreateObservableGauge(
            "sockeye.server.saturation", () => Collect(static server => server.Saturation()), "1",
            "The level of each saturation sign, from 0.5 to 1; 0 if there is none.");
    }

    /// <summary>Includes a server in the metrics.</summary>
    public static void Add(ServerGauges server) => Servers.TryAdd(server, true);

    /// <summary>Removes a server. Safe to call more than once.</summary>
    public static void Remove(ServerGauges server) => Servers.TryRemove(server, out _);

    /// <summary>Whether a listener measures the ends of connections.</summary>
    public static bool IsCloseEnabled => Closed.Enabled || Duration.Enabled;

    /// <param name="listener">The tags of the listener that accepted it.</param>
    public static void OnAccepted(KeyValuePair<string, object?>[] listener) => Add(Accepted, 1, listener);

    public static void OnAcceptFailed() => Add(AcceptFailures, 1);

    public static void OnTakeover(TakeoverReport report) => Takeovers.Add(report);

    /// <param name="pause">The time for which a connection from another process stood still.</param>
    public static void OnMoved(TimeSpan pause)
    {
        if (!MovePause.TryRecord(pause.TotalSeconds))
            Interlocked.Increment(ref _failures); // See the type's remarks.
    }

    public static void OnShed(int count) => Add(Shed, count);

    /// <param name="limit">The tag that names the limit or rule.</param>
    public static void OnRejected(KeyValuePair<string, object?> limit) => Add(Rejected, 1, limit);

    /// <inheritdoc cref="OnRejected"/>
    public static void OnHeld(KeyValuePair<string, object?> limit) => Add(Held, 1, limit);

    public static void OnLogFailed() => Add(LogFailures, 1);

    /// <param name="listener">The tags of the listener that accepted it.</param>
    /// <param name="reason">The reason of the end.</param>
    /// <param name="duration">The duration; null for a connection that was never served.</param>
    public static void OnClosed(KeyValuePair<string, object?>[] listener, CloseReason reason, TimeSpan? duration)
    {
        if (!IsCloseEnabled)
            return;
        try
        {
            var tags = new TagList(listener) { { MetricTags.CloseCause, MetricTags.GetValue(reason.Cause) } };
            if (duration is { } lasted)
                Duration.Record(lasted.TotalSeconds, tags);
            tags.Add(MetricTags.ClosedBy, MetricTags.GetValue(reason.By));
            Closed.Add(1, tags);
        }
        catch (Exception)
        {
            Interlocked.Increment(ref _failures); // See the type's remarks.
        }
    }

    private static IEnumerable<Measurement<T>> Collect<T>(Func<ServerGauges, IEnumerable<Measurement<T>>> read)
        where T : struct => Servers.Keys.SelectMany(read);

    private static IEnumerable<Measurement<long>> ReadHost(string counter) =>
        !Servers.IsEmpty && HostCounters.Read(counter) is { } value ? [new(value)] : [];

    private static void Add(Counter<long> counter, long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!counter.TryAdd(count, tags))
            Interlocked.Increment(ref _failures); // See the type's remarks.
    }
}
