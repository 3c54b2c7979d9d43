using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The health of servers that <c>AddSockeyeServer</c> runs.</summary>
public static class SockeyeHealthChecksBuilderExtensions
{
    extension(IHealthChecksBuilder checks)
    {
        /// <summary>
        /// Unhealthy while the server does not listen, or cannot accept; degraded when it is near to not serving, or runs with an
        /// older configuration because the newest is wrong. The figures are in the result's data.
        /// </summary>
        /// <param name="section">The server's section; its check is named by it.</param>
        /// <param name="configure">Changes when it is degraded.</param>
        /// <param name="tags">Which probes ask it, as "ready".</param>
        public IHealthChecksBuilder AddSockeyeServer(
            string section = HostedServer.DefaultSection, Action<ServerHealthOptions>? configure = null,
            params IEnumerable<string> tags)
        {
            ArgumentNullException.ThrowIfNull(checks);
            ArgumentException.ThrowIfNullOrEmpty(section);
            var options = new ServerHealthOptions();
            configure?.Invoke(options);
            return checks.Add(new(
                section, services => new ServerHealthCheck(services.GetRequiredKeyedService<HostedServer>(section), options),
                failureStatus: null, tags));
        }
    }
}
