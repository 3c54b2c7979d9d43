using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sockeye.Hosting;

/// <summary>The options of a server's health check.</summary>
public sealed class ServerHealthOptions
{
    /// <summary>
    /// Gets or sets the <see cref="SaturationSign.Level"/> from which the server counts as degraded. Default: 0.8. Range: 0.5 (at
    /// each sign) to 1 (only if clients fail). A low level warns early, but also of peaks that pass.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public double DegradedLevel { get; set => field = OptionChecks.InRange(value, 0.5, 1); } = 0.8;

    /// <summary>
    /// Gets or sets the status of a server that does not listen, cannot accept, or is stopped. Default:
    /// <see cref="HealthStatus.Unhealthy"/>. With <see cref="HealthStatus.Degraded"/>, a probe that only reacts to unhealthy
    /// checks leaves the process running.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public HealthStatus FailureStatus { get; set => field = OptionChecks.Defined(value); } = HealthStatus.Unhealthy;
}
