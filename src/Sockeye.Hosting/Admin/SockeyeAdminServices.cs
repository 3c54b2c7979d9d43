using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives servers of the generic host an admin page.</summary>
public static class SockeyeAdminServices
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Shows a server that <c>AddSockeyeServer</c> runs on an admin page, on localhost only unless options with danger in
        /// their name say otherwise. It is there once the host has started, and until it has stopped. The log says where (event
        /// 1800). A port that is in use fails the host's start.
        /// </summary>
        /// <param name="configure">Changes the options; null: localhost:7001.</param>
        /// <param name="section">The server's: each has a page of its own, and needs a port of its own.</param>
        public IServiceCollection AddSockeyeAdmin(
            Action<SockeyeAdminOptions>? configure = null, string section = HostedServer.DefaultSection)
        {
            ArgumentNullException.ThrowIfNull(services);
            ArgumentException.ThrowIfNullOrEmpty(section);
            return services.AddSingleton<IHostedService>(services => new AdminService(
                services.GetKeyedService<HostedServer>(section) ?? throw new InvalidOperationException(
                    $"There is no server of the section \"{section}\" to show: call AddSockeyeServer for it, or name another."),
                services.GetRequiredService<IHostEnvironment>().ApplicationName,
                configure,
                services.GetRequiredService<ILoggerFactory>()));
        }
    }
}
