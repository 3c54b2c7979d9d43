using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye;
using Sockeye.Admin;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the admin page of a server to the generic host.</summary>
public static class SockeyeAdminServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Adds an admin page for a server that the host runs. The page is served from when all services of the host have
        /// started until all have stopped. By default it is on localhost only. The log names its address (event 1800). A port in
        /// use fails the start of the host.
        /// </summary>
        /// <remarks>
        /// The page shows the server of the <see cref="ISockeyeServerAccessor"/> that has the key <paramref name="section"/>.
        /// <c>AddSockeyeServer</c> of the package Sockeye.Hosting adds it; a host that starts its server otherwise adds one.
        /// </remarks>
        /// <param name="configure">Changes the options. Default: null, a page on localhost:7001.</param>
        /// <param name="section">The section of the server, which is its name. Each server has a separate page, and each page
        /// needs a separate port. Default: "Sockeye".</param>
        /// <exception cref="ArgumentException"><paramref name="section"/> is empty.</exception>
        public IServiceCollection AddSockeyeAdmin(
            Action<SockeyeAdminOptions>? configure = null, string section = AdminService.DefaultSection)
        {
            ArgumentNullException.ThrowIfNull(services);
            ArgumentException.ThrowIfNullOrEmpty(section);
            return services.AddSingleton<IHostedService>(services => new AdminService(
                section,
                services.GetKeyedService<ISockeyeServerAccessor>(section) ?? throw new InvalidOperationException(
                    $"There is no server of the section \"{section}\" to show: call AddSockeyeServer for it, or name another."),
                services.GetRequiredService<IHostEnvironment>().ApplicationName,
                configure,
                services.GetRequiredService<ILoggerFactory>()));
        }
    }
}
