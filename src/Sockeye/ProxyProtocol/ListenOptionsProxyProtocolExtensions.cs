using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Servers behind a proxy.</summary>
public static class ListenOptionsProxyProtocolExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>
        /// Reads the PROXY header (versions 1 and 2) with which every connection has to begin, and gives the connection the
        /// addresses in it: <c>RemoteEndPoint</c> is the client. What the proxy says besides is <c>connection.ProxyHeader</c>.
        /// </summary>
        /// <remarks>
        /// The header is never guessed: a connection that begins with anything else is reset, with
        /// <see cref="CloseCause.ProtocolError"/>. One that ends before its first byte, as simple health checks do, ends quietly.
        /// </remarks>
        /// <param name="trustedProxies">
        /// The networks that proxies connect from; see <see cref="ProxyProtocolOptions.TrustedProxies"/>. None on a Unix socket.
        /// </param>
        /// <exception cref="InvalidOperationException">The endpoint has its handler already.</exception>
        public ListenOptions UseProxyProtocol(params ReadOnlySpan<IPNetwork> trustedProxies)
        {
            var options = new ProxyProtocolOptions();
            foreach (var network in trustedProxies)
                options.TrustedProxies.Add(network);
            return Use(listen, options);
        }

        /// <summary>Reads PROXY headers, as the other form does, with limits of your own.</summary>
        /// <param name="configure">Says who is trusted, and changes the defaults.</param>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        /// <exception cref="InvalidOperationException">The endpoint has its handler already.</exception>
        public ListenOptions UseProxyProtocol(Action<ProxyProtocolOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var options = new ProxyProtocolOptions();
            configure(options);
            return Use(listen, options);
        }
    }

    private static ListenOptions Use(ListenOptions listen, ProxyProtocolOptions options)
    {
        // A copy: the options' list stays with whoever configured them.
        IPNetwork[] trusted = [.. options.TrustedProxies];
        var isUnix = listen.EndPoint is UnixDomainSocketEndPoint;
        var name = $"UseProxyProtocol({(isUnix ? "" : string.Join(", ", trusted))})";
        return listen.Use(name, next =>
        {
            if (trusted.Length == 0 && !isUnix)
            {
                throw new InvalidOperationException(
                    $"UseProxyProtocol on {listen} trusts nobody: name the networks of the proxies, as in "
                    + "UseProxyProtocol(IPNetwork.Parse(\"10.0.0.0/24\")). Whoever is in them can claim to be any client.");
            }

            var reader = new ProxyHeaderReader(listen, isUnix ? null : trusted, options.HeaderTimeout, options.MaxHeaderLength);
            return connection => reader.RunAsync(connection, next);
        }, MiddlewareStage.ProxyProtocol);
    }
}
