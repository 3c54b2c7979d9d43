using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Runs the servers of a host as a service of systemd.</summary>
public static class SockeyeSystemdServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Makes the servers of the host listen on sockets that systemd passes, and reports them to systemd: READY, RELOADING,
        /// STOPPING, the status line, the watchdog, and more time while connections drain. docs/systemd.md has the units. Outside
        /// systemd, it does nothing.
        /// </summary>
        /// <remarks>
        /// It works with and without <c>AddSystemd</c> of Microsoft.Extensions.Hosting.Systemd, which formats the log for the
        /// journal. With both, READY and STOPPING are sent twice, which systemd ignores. A second call adds to the options.
        /// </remarks>
        /// <param name="configure">Changes the options. Default: null, which keeps the defaults.</param>
        public IServiceCollection AddSockeyeSystemd(Action<SockeyeSystemdOptions>? configure = null)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.AddOptions<SockeyeSystemdOptions>();
            if (configure is not null)
                services.Configure(configure);
            if (services.Any(one => one.ImplementationType == typeof(SystemdService)))
                return services;
            services.TryAddSingleton<SystemdMarker>();
            services.AddSingleton<IHostedService, SystemdService>();
            return services;
        }
    }
}
