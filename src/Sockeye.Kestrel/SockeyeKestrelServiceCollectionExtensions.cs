using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Sockeye.Kestrel;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Runs Kestrel on Sockeye's transports.</summary>
public static class SockeyeKestrelServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Makes Kestrel listen, accept, receive and send through a transport of Sockeye: on Linux io_uring or epoll, if the
        /// program contains Sockeye.Linux, otherwise <see cref="Sockeye.SocketTransport"/>. Everything above the transport
        /// remains Kestrel's: HTTP, TLS (<c>UseHttps</c>), limits, logging, metrics.
        /// </summary>
        /// <remarks>
        /// Kestrel uses the transport that was registered last, so call this method after other transports. The transport serves
        /// IP endpoints and Unix sockets; named pipes remain on the transport that supports them. A second call adds to the
        /// options.
        /// </remarks>
        /// <param name="configure">Changes the options. Default: null, which keeps the defaults.</param>
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
