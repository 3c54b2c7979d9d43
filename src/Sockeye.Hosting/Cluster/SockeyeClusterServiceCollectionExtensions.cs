using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye;
using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a cluster to the generic host.</summary>
public static class SockeyeClusterServiceCollectionExtensions
{
    /// <summary>The configuration section of the cluster.</summary>
    private const string Section = "SockeyeCluster";

    extension(IServiceCollection services)
    {
        /// <inheritdoc cref="AddSockeyeCluster(IServiceCollection, Action{IServiceProvider, ClusterOptions})"/>
        public IServiceCollection AddSockeyeCluster(Action<ClusterOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            return services.AddSockeyeCluster((_, options) => configure(options));
        }

        /// <summary>
        /// Adds this process to a cluster, from before the start of the host's servers until after their stop. The service
        /// <see cref="Cluster"/> is available once the host starts its servers. The configuration section "SockeyeCluster" may
        /// set the options that are numbers, times and names; docs/hosting.md lists them.
        /// </summary>
        /// <param name="configure">Sets the engine, and adds the types of messages. The configuration applies after it.</param>
        /// <exception cref="InvalidOperationException">The host has a cluster already.</exception>
        public IServiceCollection AddSockeyeCluster(Action<IServiceProvider, ClusterOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(services);
            ArgumentNullException.ThrowIfNull(configure);
            if (services.Any(service => service.ServiceType == typeof(ClusterService)))
                throw new InvalidOperationException("The host has a cluster already: call AddSockeyeCluster once.");
            services.AddSingleton(services => new ClusterService(
                services, services.GetRequiredService<IConfiguration>(), services.GetRequiredService<ILoggerFactory>(), Section,
                configure));
            services.AddSingleton<IHostedService>(static services => services.GetRequiredService<ClusterService>());
            services.AddSingleton(static services => services.GetRequiredService<ClusterService>().Cluster);
            return services;
        }
    }
}
