using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of servers and clusters of the host.</summary>
public static class SockeyeHealthChecksBuilderExtensions
{
    extension(IHealthChecksBuilder checks)
    {
        /// <summary>
        /// Adds a health check of a server. The server is unhealthy while it does not listen or cannot accept, and degraded when
        /// it is close to saturation, or runs with an older configuration because the latest is invalid. The data of the result
        /// has the figures.
        /// </summary>
        /// <param name="section">The section of the server, which is also the name of the check.</param>
        /// <param name="configure">Changes the options.</param>
        /// <param name="tags">The tags of the check, such as "ready", by which probes select it.</param>
        public IHealthChecksBuilder AddSockeyeServer(
            string section = HostedServer.DefaultSection, Action<ServerHealthOptions>? configure = null,
            params IEnumerable<string> tags)
        {
            ArgumentNullException.ThrowIfNull(checks);
            ArgumentException.ThrowIfNullOrEmpty(section);
            var options = new ServerHealthOptions();
            configure?.Invoke(options);
            // Copies, because the options belong to the caller.
            var (degradedLevel, failureStatus) = (options.DegradedLevel, options.FailureStatus);
            return checks.Add(new(
                section,
                services => new ServerHealthCheck(services.GetRequiredKeyedService<HostedServer>(section), degradedLevel),
                failureStatus,
                tags));
        }

        /// <summary>
        /// Adds a health check of the cluster that <c>AddSockeyeCluster</c> runs. The node is degraded while its engine cannot
        /// reach other nodes: it still serves its own connections. The data of the result has the figures.
        /// </summary>
        /// <param name="name">The name of the check.</param>
        /// <param name="configure">Changes the options.</param>
        /// <param name="tags">The tags of the check, such as "ready", by which probes select it.</param>
        public IHealthChecksBuilder AddSockeyeCluster(
            string name = "SockeyeCluster", Action<ClusterHealthOptions>? configure = null, params IEnumerable<string> tags)
        {
            ArgumentNullException.ThrowIfNull(checks);
            ArgumentException.ThrowIfNullOrEmpty(name);
            var options = new ClusterHealthOptions();
            configure?.Invoke(options);
            return checks.Add(new(
                name,
                static services => new ClusterHealthCheck(services.GetRequiredService<ClusterService>()),
                options.FailureStatus,
                tags));
        }
    }
}
