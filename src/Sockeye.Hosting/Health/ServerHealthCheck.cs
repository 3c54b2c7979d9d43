using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sockeye.Hosting;

/// <summary>Derives the health of a server from its load.</summary>
internal sealed class ServerHealthCheck(HostedServer hosted, double degradedLevel) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(context.Registration.FailureStatus));

    /// <summary>Whether clients cannot be served at all, regardless of the level.</summary>
    private static bool IsFatal(SaturationSign sign) => sign.Kind is SaturationKind.NotListening or SaturationKind.AcceptFailing;

    private HealthCheckResult Check(HealthStatus failure)
    {
        if (!hosted.WasStarted)
            return new(failure, $"The server of {hosted.Section} was not started.");
        if (!hosted.IsRunning)
        {
            return new(
                failure,
                $"The server of {hosted.Section} is stopped, as planned: {DrainText.Describe(hosted.Server.GetLoad())}.");
        }

        var load = hosted.Server.GetLoad();
        var data = DataOf(load);
        if (load.Signs.Any(IsFatal))
            return new(failure, Sentences(load.Signs.Where(IsFatal)), data: data);
        var warnings = load.Signs.Where(sign => sign.Level >= degradedLevel).ToList();
        if (hosted.RefusedReload.Count > 0)
        {
            var why = string.Join(
                " ", hosted.RefusedReload.Prepend("The latest configuration was refused, and an older one is in use."));
            return HealthCheckResult.Degraded(warnings.Count > 0 ? $"{why} {Sentences(warnings)}" : why, data: data);
        }

        return warnings.Count > 0
            ? HealthCheckResult.Degraded(Sentences(warnings), data: data)
            : HealthCheckResult.Healthy($"{load.Connections} of {load.MaxConnections} connections.", data);
    }

    private static string Sentences(IEnumerable<SaturationSign> signs) =>
        string.Join(" ", signs.Select(sign => $"{sign.Description}."));

    private Dictionary<string, object> DataOf(ServerLoad load) => new()
    {
        ["connections"] = load.Connections,
        ["maxConnections"] = load.MaxConnections,
        ["waiting"] = load.Waiting,
        ["longestWaitSeconds"] = load.LongestWait.TotalSeconds,
        ["readPaused"] = load.ReadPaused,
        ["sendBlocked"] = load.SendBlocked,
        ["listening"] = load.Listeners.Count(listener => listener.IsListening),
        ["reloadRefused"] = hosted.RefusedReload.Count > 0,
        ["level"] = load.Signs.Select(sign => sign.Level).DefaultIfEmpty(0).Max(),
    };
}
