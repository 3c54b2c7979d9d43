using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>What the meter "Sockeye.Server" asks for when it is read, of the servers that run at that moment.</summary>
internal static class ServerObservables
{
    private static readonly ConcurrentDictionary<ListenerGauge, bool> Gauges = [];

    // Made once, with the first server. The meter holds them.
    static ServerObservables()
    {
        var meter = ServerMetrics.Meter;
        meter.CreateObservableUpDownCounter(
            "sockeye.server.active_connections", () => Ask(static gauge => gauge.Active), "{connection}",
            "Connections that are open.");
        meter.CreateObservableCounter(
            "sockeye.server.network.io", () => Gauges.Keys.SelectMany(gauge => gauge.Traffic()), "By",
            "Bytes that crossed connections, closed ones included; with TLS, encrypted ones.");
        meter.CreateObservableGauge(
            "sockeye.server.accept.queue.depth", () => Ask(static gauge => gauge.QueueDepth), "{connection}",
            "Clients that wait to be accepted (Linux).");
        meter.CreateObservableGauge(
            "sockeye.server.accept.queue.limit", () => Ask(static gauge => gauge.QueueLimit), "{connection}",
            "How many clients may wait to be accepted (Linux).");
        meter.CreateObservableCounter(
            "sockeye.host.listen.overflows", () => OfHost("ListenOverflows"), "{connection}",
            "Clients that found an accept queue full, of all programs of this network namespace since it exists (Linux).");
        meter.CreateObservableCounter(
            "sockeye.host.listen.drops", () => OfHost("ListenDrops"), "{connection}",
            "Clients that were dropped at a listening socket, for whatever reason; the same scope (Linux).");
    }

    public static void Add(ListenerGauge gauge) => Gauges.TryAdd(gauge, true);

    public static void Remove(ListenerGauge gauge) => Gauges.TryRemove(gauge, out _);

    private static IEnumerable<Measurement<long>> Ask(Func<ListenerGauge, long?> ask)
    {
        foreach (var gauge in Gauges.Keys)
        {
            if (ask(gauge) is { } value)
                yield return new(value, gauge.Tags);
        }
    }

    private static IEnumerable<Measurement<long>> OfHost(string counter) =>
        !Gauges.IsEmpty && HostCounters.Read(counter) is { } value ? [new(value)] : [];
}
