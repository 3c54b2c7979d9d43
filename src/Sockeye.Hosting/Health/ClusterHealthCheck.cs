using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sockeye.Hosting;

/// <summary>Derives the health of a node from its cluster. A node without its engine still serves its own connections, so it is
/// degraded, not unhealthy: to restart it would only end them.</summary>
internal sealed class ClusterHealthCheck(ClusterService service) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(context.Registration.FailureStatus));

    private HealthCheckResult Check(HealthStatus failure)
    {
        if (!service.WasStarted)
            return new(failure, $"The cluster of {service.Section} was not started.");
        var status = service.Cluster.GetStatus();
        Dictionary<string, object> data = new()
        {
            ["node"] = service.Cluster.Self.ToString(),
            ["nodes"] = status.OtherNodes.Count + 1,
            ["connections"] = status.Counts.Connections,
            ["groups"] = status.Counts.Groups,
            ["missedMessages"] = status.Counts.MissedMessages,
            ["queuedBytes"] = status.Queues.Bytes,
            ["droppedFrames"] = status.Queues.DroppedFrames,
        };
        return status.IsConnected
            ? HealthCheckResult.Healthy($"{status.OtherNodes.Count + 1} nodes: {status.Detail}.", data)
            : HealthCheckResult.Degraded(
                $"Other nodes are out of reach: {status.Detail}. Connections of this node are served.", data: data);
    }
}
