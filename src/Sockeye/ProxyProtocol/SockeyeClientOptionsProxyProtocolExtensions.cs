using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Clients that speak for others.</summary>
public static class SockeyeClientOptionsProxyProtocolExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>
        /// Begins every connection with a PROXY header that has the connection's own addresses: for a server that demands one
        /// from everybody.
        /// </summary>
        /// <param name="version">Its form.</param>
        /// <exception cref="ArgumentOutOfRangeException">There is no such version.</exception>
        /// <exception cref="InvalidOperationException">The client has it already.</exception>
        public SockeyeClientOptions UseProxyProtocol(ProxyProtocolVersion version)
        {
            if (version is not (ProxyProtocolVersion.V1 or ProxyProtocolVersion.V2))
                throw new ArgumentOutOfRangeException(nameof(version), version, "The PROXY protocol has the versions V1 and V2.");
            return client.UseProxyProtocol(connection => new()
            {
                Version = version,
                Source = connection.LocalEndPoint,
                Destination = connection.RemoteEndPoint,
            });
        }

        /// <summary>
        /// Begins every connection with the PROXY header that is made for it, in clear text, before TLS: for proxies.
        /// <see cref="ProxyHeader.FromConnection"/> makes the one that passes on the client of another connection.
        /// </summary>
        /// <param name="header">Given the new connection. What it throws reaches whoever connects.</param>
        /// <exception cref="InvalidOperationException">The client has it already.</exception>
        public SockeyeClientOptions UseProxyProtocol(Func<ConnectionContext, ProxyHeader> header)
        {
            ArgumentNullException.ThrowIfNull(header);
            return client.Use(new ClientLayer(nameof(UseProxyProtocol), ClientStage.ProxyProtocol, async (connection, _, token) =>
            {
                header(connection).WriteTo(connection.Transport.Output);
                // At once: the server may be the one to speak first.
                await connection.Transport.Output.FlushAsync(token);
                return connection;
            }));
        }
    }
}
