using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Sockeye.Kestrel;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts Kestrel on Sockeye's transports.</summary>
public static class SockeyeKestrelServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Lets Kestrel listen, accept, receive and send by a transport of Sockeye: on Linux io_uring or epoll where
        /// Sockeye.Linux lies beside the program, otherwise <see cref="Sockeye.SocketTransport"/>. Everything above it stays
        /// Kestrel's: HTTP, TLS (<c>UseHttps</c>), limits, logging, metrics.
        /// </summary>
        /// <remarks>
        /// Kestrel binds by the transport that was registered last, so this comes after other transports. It serves IP endpoints
        /// and Unix sockets; named pipes stay with the transport that has them. Called again it adds to the options.
        /// </remarks>
        /// <param name="configure">Changes the options; null: the defaults.</param>
        public IServiceCollection AddSockeyeTransport(Action<SockeyeTransportOptions>? configure = null)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.AddOptions<SockeyeTransportOptions>();
            if (configure is not null)
                services.Configure(configure);
            services.TryAddSingleton<KestrelTransport>();
            services.AddSingleton<IConnectionListenerFactory>(
                static services => services.GetRequiredService<KestrelTransport>());
            return services;
        }
    }
}
