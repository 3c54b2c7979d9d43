using Microsoft.Extensions.Hosting;
using Sockeye;
using Sockeye.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Sockeye clients to the generic host.</summary>
public static class SockeyeClientServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <inheritdoc cref="AddSockeyeClient(IServiceCollection, string, Action{IServiceProvider, SockeyeClientOptions})"/>
        public IServiceCollection AddSockeyeClient(string name) => services.AddSockeyeClient(name, static (_, _) => { });

        /// <inheritdoc cref="AddSockeyeClient(IServiceCollection, string, Action{IServiceProvider, SockeyeClientOptions})"/>
        public IServiceCollection AddSockeyeClient(string name, Action<SockeyeClientOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            return services.AddSockeyeClient(name, (_, options) => configure(options));
        }

        /// <summary>
        /// Adds a client with a name. Its endpoint, options and pool come from the section "SockeyeClients:<i>name</i>" of the
        /// configuration, which is read once, at the start; an invalid section fails the start of the host. docs/hosting.md lists
        /// all settings.
        /// </summary>
        /// <param name="name">The name of the client, which is the key of its <see cref="HostedClient"/>, and of its
        /// <see cref="SockeyeClient"/>.</param>
        /// <param name="configure">Changes the options in code, before the configuration applies. The logger factory is that of
        /// the host.</param>
        /// <exception cref="InvalidOperationException">A client with this name exists already.</exception>
        public IServiceCollection AddSockeyeClient(string name, Action<IServiceProvider, SockeyeClientOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(services);
            ArgumentException.ThrowIfNullOrEmpty(name);
            ArgumentNullException.ThrowIfNull(configure);
            if (services.Any(one => one.ServiceType == typeof(HostedClient) && one.IsKeyedService
                && name.Equals(one.ServiceKey as string, StringComparison.OrdinalIgnoreCase)))
            {
                throw new InvalidOperationException($"There is a client \"{name}\" already: give the other one a separate name.");
            }

            services.AddKeyedSingleton(name, (services, _) => ClientFactory.Create(services, name, configure));
            services.AddKeyedSingleton(
                name, static (services, name) => services.GetRequiredKeyedService<HostedClient>(name).Client);
            services.AddSingleton<IHostedService>(services => new ClientStartCheck(services, name));
            return services;
        }
    }
}
