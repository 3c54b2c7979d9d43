using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>The meter "Sockeye.Client": what pools have. They do no more for it than before.</summary>
internal static class ClientMetrics
{
    private static readonly Meter Meter = new("Sockeye.Client");

    // Weak: a pool that nobody holds any more, and nobody has disposed, is gone from here too.
    private static readonly ConditionalWeakTable<ConnectionPool, KeyValuePair<string, object?>[]> Pools = [];

    static ClientMetrics()
    {
        Meter.CreateObservableUpDownCounter(
            "sockeye.client.pool.connections", static () => Pools.SelectMany(entry => Connections(entry.Key, entry.Value)),
            "{connection}", "Connections of pools: idle, or used (being opened, lent or being closed).");
        Meter.CreateObservableUpDownCounter(
            "sockeye.client.pool.waiters",
            static () => Pools.Select(entry => new Measurement<long>(entry.Key.WaiterCount, entry.Value)),
            "{caller}", "Callers that wait for a connection of a pool.");
    }

    public static void Add(ConnectionPool pool, System.Net.EndPoint endPoint) =>
        Pools.AddOrUpdate(pool, MetricTags.Of(endPoint));

    public static void Remove(ConnectionPool pool) => Pools.Remove(pool);

    private static Measurement<long>[] Connections(ConnectionPool pool, KeyValuePair<string, object?>[] tags)
    {
        var idle = pool.IdleCount;
        return
        [
            new(idle, [.. tags, new("sockeye.pool.state", "idle")]),
            new(Math.Max(0, pool.Count - idle), [.. tags, new("sockeye.pool.state", "used")]),
        ];
    }
}
