using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye;
using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Runs Sockeye's servers in the generic host.</summary>
public static class SockeyeServerServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <inheritdoc cref="AddSockeyeServer(IServiceCollection, string, Action{SockeyeServerBuilder})"/>
        /// <remarks>Its section, and so its name, is "Sockeye".</remarks>
        public IServiceCollection AddSockeyeServer(Action<SockeyeServerBuilder> configure) =>
            services.AddSockeyeServer(HostedServer.DefaultSection, configure);

        /// <summary>
        /// Runs a server from the host's start to its stop. Code says what serves a connection; a section of the configuration
        /// says where and within which limits, and may change while the server runs. A wrong configuration fails the start; later
        /// it is refused as a whole, and the server goes on with the one before. docs/hosting.md lists all settings.
        /// </summary>
        /// <param name="section">Where its configuration is, and its name: the key of its <see cref="HostedServer"/>.</param>
        /// <param name="configure">Names the handlers.</param>
        /// <exception cref="InvalidOperationException">There is a server of this section already.</exception>
        public IServiceCollection AddSockeyeServer(string section, Action<SockeyeServerBuilder> configure)
        {
            ArgumentNullException.ThrowIfNull(services);
            ArgumentException.ThrowIfNullOrEmpty(section);
            ArgumentNullException.ThrowIfNull(configure);
            if (services.Any(one => one.ServiceType == typeof(HostedServer) && one.IsKeyedService
                && section.Equals(one.ServiceKey as string, StringComparison.OrdinalIgnoreCase)))
            {
                throw new InvalidOperationException(
                    $"There is a server of the section \"{section}\" already: give the other one a section of its own.");
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
                services.GetRequiredService<ILoggerFactory>()));
            return services;
        }
    }
}
