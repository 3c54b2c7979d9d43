using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;

namespace Sockeye;

/// <summary>
/// The meter "Sockeye.Client". Its instruments read the state of the pools on collection; pools record nothing.
/// </summary>
internal static class ClientMetrics
{
    private static readonly Meter Meter = new("Sockeye.Client");

    // An enumeration of this table includes each entry that is present throughout, even while others are added and removed.
    private static readonly ConcurrentDictionary<PoolGauge, bool> Pools = new(ReferenceEqualityComparer.Instance);

    static ClientMetrics()
    {
        Meter.CreateObservableUpDownCounter(
            "sockeye.client.pool.connections",
            static () => GetLivePools().SelectMany(gauge => MeasureConnections(gauge.Pool, gauge.Tags)),
            "{connection}", "Connections of pools: idle, or used (being opened, rented or being closed).");
        Meter.CreateObservableUpDownCounter(
            "sockeye.client.pool.waiters",
            static () => GetLivePools().Select(gauge => new Measurement<long>(gauge.Pool.WaiterCount, gauge.Tags)),
            "{caller}", "Callers that wait for a connection of a pool.");
    }

    /// <summary>Includes the pool in the metrics until it is removed or collected.</summary>
    public static PoolGauge Add(ConnectionPool pool, EndPoint endpoint)
    {
        var gauge = new PoolGauge(pool, MetricTags.CreateAddressTags(endpoint));
        Pools.TryAdd(gauge, true);
        return gauge;
    }

    public static void Remove(PoolGauge gauge) => Pools.TryRemove(gauge, out _);

    private static IEnumerable<(ConnectionPool Pool, KeyValuePair<string, object?>[] Tags)> GetLivePools()
    {
        foreach (var gauge in Pools.Keys)
        {
            if (gauge.Pool is { } pool)
                yield return (pool, gauge.Tags);
            else
                Remove(gauge);
        }
    }

    private static Measurement<long>[] MeasureConnections(ConnectionPool pool, KeyValuePair<string, object?>[] tags)
    {
        var idle = pool.IdleCount;
        return
        [
            new(idle, [.. tags, new("sockeye.pool.state", "idle")]),
            new(Math.Max(0, pool.Count - idle), [.. tags, new("sockeye.pool.state", "used")]),
        ];
    }
}

/// <summary>A weak reference to a pool, so that a pool that was not disposed can still be collected.</summary>
internal sealed class PoolGauge(ConnectionPool pool, KeyValuePair<string, object?>[] tags)
{
    private readonly WeakReference<ConnectionPool> _pool = new(pool);

    /// <summary>The pool, or null once it is collected.</summary>
    public ConnectionPool? Pool => _pool.TryGetTarget(out var pool) ? pool : null;

    public KeyValuePair<string, object?>[] Tags => tags;
}
