using System.Collections.Concurrent;

namespace Sockeye;

/// <summary>What the meter "Sockeye.Server" asks for of servers' loads when it is read, of those that run at that
/// moment.</summary>
internal static class LoadObservables
{
    private static readonly ConcurrentDictionary<LoadGauge, bool> Gauges = [];

    // Made once, with the first server. The meter holds them.
    static LoadObservables()
    {
        var meter = ServerMetrics.Meter;
        meter.CreateObservableGauge(
            "sockeye.server.connections.limit", () => Gauges.Keys.SelectMany(gauge => gauge.Limits()), "{connection}",
            "How many connections may be open: of a server in all (MaxConnections, told once, with its first listener), of an " +
            "endpoint (UseConnectionLimit, told with each of its listeners).");
        meter.CreateObservableUpDownCounter(
            "sockeye.server.connections.read_paused", () => Gauges.Keys.SelectMany(gauge => gauge.ReadPaused()), "{connection}",
            "Connections whose handler does not read, so that nothing more is taken from the peer.");
        meter.CreateObservableUpDownCounter(
            "sockeye.server.connections.send_blocked", () => Gauges.Keys.SelectMany(gauge => gauge.SendBlocked()), "{connection}",
            "Connections whose peer does not take what is sent.");
        meter.CreateObservableUpDownCounter(
            "sockeye.server.handlers.waiting", () => Gauges.Keys.SelectMany(gauge => gauge.Waiting()), "{connection}",
            "Connections whose handler has not begun.");
        meter.CreateObservableGauge(
            "sockeye.server.handlers.longest_wait", () => Gauges.Keys.SelectMany(gauge => gauge.LongestWait()), "s",
            "How long the first of them waits.");
        meter.CreateObservableGauge(
            "sockeye.server.saturation", () => Gauges.Keys.SelectMany(gauge => gauge.Saturation()), "1",
            "The level of each sign that the server is near to not serving, from 0.5 to 1; 0 while there is none.");
    }

    public static void Add(LoadGauge gauge) => Gauges.TryAdd(gauge, true);

    public static void Remove(LoadGauge gauge) => Gauges.TryRemove(gauge, out _);
}
