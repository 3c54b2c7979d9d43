using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye;
using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Sockeye servers to the generic host.</summary>
public static class SockeyeServerServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <inheritdoc cref="AddSockeyeServer(IServiceCollection, string, Action{SockeyeServerBuilder})"/>
        /// <remarks>The section, and therefore the name, is "Sockeye".</remarks>
        public IServiceCollection AddSockeyeServer(Action<SockeyeServerBuilder> configure) =>
            services.AddSockeyeServer(HostedServer.DefaultSection, configure);

        /// <summary>
        /// Adds a server that runs from the start to the stop of the host. Code defines the handlers; a section of the
        /// configuration defines endpoints and limits, and may change while the server runs. An invalid configuration fails the
        /// start. Later, it is refused as a whole, and the server continues with the previous one. docs/hosting.md lists all
        /// settings.
        /// </summary>
        /// <param name="section">The configuration section, which is also the name of the server and the key of its
        /// <see cref="HostedServer"/>.</param>
        /// <param name="configure">Adds the handlers.</param>
        /// <exception cref="InvalidOperationException">A server with this section exists already.</exception>
        public IServiceCollection AddSockeyeServer(string section, Action<SockeyeServerBuilder> configure)
        {
            ArgumentNullException.ThrowIfNull(services);
            ArgumentException.ThrowIfNullOrEmpty(section);
            ArgumentNullException.ThrowIfNull(configure);
            if (services.Any(one => one.ServiceType == typeof(HostedServer) && one.IsKeyedService
                && section.Equals(one.ServiceKey as string, StringComparison.OrdinalIgnoreCase)))
            {
                throw new InvalidOperationException(
                    $"There is a server of the section \"{section}\" already: give the other one a separate section.");
            }

            var builder = new SockeyeServerBuilder(services);
            configure(builder);
            services.AddKeyedSingleton(section, (_, _) => new HostedServer(section));
            services.AddKeyedSingleton<ISockeyeServerAccessor>(
                section, static (services, section) => services.GetRequiredKeyedService<HostedServer>(section));
            if (section == HostedServer.DefaultSection)
            {
                services.AddSingleton(
                    static services => services.GetRequiredKeyedService<HostedServer>(HostedServer.DefaultSection));
            }

            services.AddSingleton<IHostedService>(services => new ServerService(
                services.GetRequiredKeyedService<HostedServer>(section),
                new(builder, services, services.GetRequiredService<IHostEnvironment>().ContentRootPath),
                services.GetRequiredService<IConfiguration>(),
                services.GetRequiredService<IHostApplicationLifetime>(),
                services.GetRequiredService<ILoggerFactory>()));
            return services;
        }
    }
}
