using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sockeye.Hosting;

/// <summary>The options of a cluster's health check.</summary>
public sealed class ClusterHealthOptions
{
    /// <summary>
    /// Gets or sets the status of a node whose cluster was not started. Default: <see cref="HealthStatus.Unhealthy"/>. With
    /// <see cref="HealthStatus.Degraded"/>, a probe that only reacts to unhealthy checks leaves the process running.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public HealthStatus FailureStatus { get; set => field = OptionChecks.Defined(value); } = HealthStatus.Unhealthy;
}
