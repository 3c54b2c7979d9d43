using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>The instruments of a server in the meter "Sockeye.Server". They cost next to nothing without a listener.</summary>
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
        "Clients for whom a limit left no permit, or that a rule denied; the tag names it.");

    private static readonly Counter<long> Held = Meter.CreateCounter<long>(
        "sockeye.server.accept.held", "{wait}",
        "Times that a limit kept the next clients in the accept queue; the tag says which.");

    private static readonly Counter<long> LogFailures = Meter.CreateCounter<long>(
        "sockeye.server.log.failures", "{line}", "Log lines lost because the logger threw.");

    private static readonly ConcurrentDictionary<ServerGauges, bool> Servers = [];

    static ServerMetrics()
    {
        Meter.CreateObservableCounter(
            "sockeye.server.metric.failures", static () => Interlocked.Read(ref _failures), "{measurement}",
            "Measurements of this meter lost because a listener threw.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.active_connections", () => Collect(static server => server.Active()), "{connection}",
            "Connections that are open.");
        Meter.CreateObservableCounter(
            "sockeye.server.network.io", () => Collect(static server => server.Traffic()), "By",
            "Bytes that crossed connections, closed ones included; with TLS, encrypted ones.");
        Meter.CreateObservableGauge(
            "sockeye.server.accept.queue.depth", () => Collect(static server => server.QueueDepths()), "{connection}",
            "Clients that wait to be accepted (Linux).");
        Meter.CreateObservableGauge(
            "sockeye.server.accept.queue.limit", () => Collect(static server => server.QueueLimits()), "{connection}",
            "How many clients may wait to be accepted (Linux).");
        Meter.CreateObservableCounter(
            "sockeye.host.listen.overflows", () => ReadHost("ListenOverflows"), "{connection}",
            "Clients that found an accept queue full, of all programs of this network namespace since it exists (Linux).");
        Meter.CreateObservableCounter(
            "sockeye.host.listen.drops", () => ReadHost("ListenDrops"), "{connection}",
            "Clients that were dropped at a listening socket, for whatever reason; the same scope (Linux).");
        Meter.CreateObservableGauge(
            "sockeye.server.connections.limit", () => Collect(static server => server.Limits()), "{connection}",
            "How many connections may be open: of a server in all (MaxConnections, told once, with its first listener), of an " +
            "endpoint (UseConnectionLimit, told with each of its listeners).");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.connections.read_paused", () => Collect(static server => server.ReadPaused()), "{connection}",
            "Connections whose handler does not read, so that nothing more is taken from the peer.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.connections.send_blocked", () => Collect(static server => server.SendBlocked()), "{connection}",
            "Connections whose peer does not take what is sent.");
        Meter.CreateObservableUpDownCounter(
            "sockeye.server.handlers.waiting", () => Collect(static server => server.Waiting()), "{connection}",
            "Connections whose handler has not begun.");
        Meter.CreateObservableGauge(
            "sockeye.server.handlers.longest_wait", () => Collect(static server => server.LongestWait()), "s",
            "How long the first of them waits.");
        Meter.CreateObservableGauge(
            "sockeye.server.saturation", () => Collect(static server => server.Saturation()), "1",
            "The level of each sign that the server is near to not serving, from 0.5 to 1; 0 while there is none.");
    }

    /// <summary>Includes a server in what is collected.</summary>
    public static void Add(ServerGauges server) => Servers.TryAdd(server, true);

    /// <summary>Safe to call more than once.</summary>
    public static void Remove(ServerGauges server) => Servers.TryRemove(server, out _);

    /// <summary>Whether a listener measures how connections end.</summary>
    public static bool IsCloseEnabled => Closed.Enabled || Duration.Enabled;

    /// <param name="listener">The tags of the listener that accepted it.</param>
    public static void OnAccepted(KeyValuePair<string, object?>[] listener) => Add(Accepted, 1, listener);

    public static void OnAcceptFailed() => Add(AcceptFailures, 1);

    public static void OnShed(int count) => Add(Shed, count);

    /// <param name="limit">The tag that tells which limit or rule.</param>
    public static void OnRejected(KeyValuePair<string, object?> limit) => Add(Rejected, 1, limit);

    /// <inheritdoc cref="OnRejected"/>
    public static void OnHeld(KeyValuePair<string, object?> limit) => Add(Held, 1, limit);

    public static void OnLogFailed() => Add(LogFailures, 1);

    /// <param name="listener">The tags of the listener that accepted it.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="duration">Null for one that was never served.</param>
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
