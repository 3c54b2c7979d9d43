using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sockeye.Hosting;

/// <summary>The metrics of hosted servers' configuration, in the meter "Sockeye.Hosting".</summary>
internal static class HostingMetrics
{
    public const string Applied = "applied";
    public const string Refused = "refused";

    private static readonly Meter Meter = new("Sockeye.Hosting");
    private static readonly ConcurrentDictionary<HostedServer, bool> Servers = [];

    private static readonly Counter<long> Reloads = Meter.CreateCounter<long>(
        "sockeye.hosting.reloads", "{reload}", "Changes of a server's configuration; the tag is the outcome.");

    static HostingMetrics() => Meter.CreateObservableUpDownCounter(
        "sockeye.hosting.reload.refused",
        static () => Servers.Keys.Select(server => new Measurement<int>(server.RefusedReload.Count > 0 ? 1 : 0, Name(server))),
        "{server}", "Servers that run with an older configuration, because the latest one is invalid.");

    public static void Add(HostedServer server) => Servers.TryAdd(server, true);

    public static void Remove(HostedServer server) => Servers.TryRemove(server, out _);

    public static void OnReload(HostedServer server, string outcome) =>
        Reloads.TryAdd(1, Name(server), new("sockeye.reload.outcome", outcome));

    private static KeyValuePair<string, object?> Name(HostedServer server) => new("sockeye.server.name", server.Section);
}
