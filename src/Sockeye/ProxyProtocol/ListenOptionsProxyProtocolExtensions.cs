using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Adds the PROXY protocol to an endpoint.</summary>
public static class ListenOptionsProxyProtocolExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>
        /// Requires a PROXY header (version 1 or 2) at the start of every connection, and gives the connection the addresses in
        /// it: <c>RemoteEndPoint</c> is the client. <c>connection.ProxyHeader</c> contains the whole header.
        /// </summary>
        /// <remarks>
        /// The header is required: a connection that starts with other data is reset, with
        /// <see cref="CloseCause.ProtocolError"/>. A connection without any data, as of simple health checks, ends without a
        /// warning.
        /// </remarks>
        /// <param name="trustedProxies">
        /// The networks of the proxies; see <see cref="ProxyProtocolOptions.TrustedProxies"/>. Leave it empty on a Unix socket.
        /// </param>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
        public ListenOptions UseProxyProtocol(params ReadOnlySpan<IPNetwork> trustedProxies)
        {
            var options = new ProxyProtocolOptions();
            foreach (var network in trustedProxies)
                options.TrustedProxies.Add(network);
            return Use(listen, options);
        }

        /// <summary>Requires PROXY headers, like the other overload, with options.</summary>
        /// <param name="configure">Sets the trusted proxies, and changes the defaults.</param>
        /// <exception cref="ArgumentException">An option is outside its range.</exception>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
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
        // Copies, because the options belong to the caller.
        IPNetwork[] trusted = [.. options.TrustedProxies];
        var (timeout, maxLength) = (options.HeaderTimeout, options.MaxHeaderLength);
        var isUnix = listen.EndPoint is UnixDomainSocketEndPoint;
        var name = $"UseProxyProtocol({(isUnix ? "" : string.Join(", ", trusted))})";
        return listen.Use(name, (next, pipeline) =>
        {
            if (trusted.Length == 0 && !isUnix)
            {
                throw new InvalidOperationException(
                    $"UseProxyProtocol on {listen} has no trusted proxies: name their networks, as in "
                    + "UseProxyProtocol(IPNetwork.Parse(\"10.0.0.0/24\")). A trusted proxy can claim to be any client.");
            }

            var reader = new ProxyHeaderReader(pipeline, isUnix ? null : trusted, timeout, maxLength);
            return connection => reader.RunAsync(connection, next);
        }, MiddlewareStage.ProxyProtocol);
    }
}
