using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>What a server counts in the meter "Sockeye.Server"; it costs next to nothing while nobody listens.</summary>
internal static class ServerMetrics
{
    private static readonly Meter Meter = new("Sockeye.Server");

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
}
