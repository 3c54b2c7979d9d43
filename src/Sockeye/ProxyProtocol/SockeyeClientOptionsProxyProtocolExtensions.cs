using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Adds PROXY headers to a client.</summary>
public static class SockeyeClientOptionsProxyProtocolExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>
        /// Starts every connection with a PROXY header with the connection's own addresses, for servers that require a header.
        /// </summary>
        /// <param name="version">The version of the header.</param>
        /// <exception cref="ArgumentOutOfRangeException">The version does not exist.</exception>
        /// <exception cref="InvalidOperationException">The client already sends PROXY headers.</exception>
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
        /// Starts every connection with a PROXY header, in clear text, before TLS, for proxies.
        /// <see cref="ProxyHeader.FromConnection"/> creates a header that passes on the client of another connection.
        /// </summary>
        /// <param name="header">Creates the header for a new connection. Its exceptions reach the caller of the connect.</param>
        /// <exception cref="InvalidOperationException">The client already sends PROXY headers.</exception>
        public SockeyeClientOptions UseProxyProtocol(Func<ConnectionContext, ProxyHeader> header)
        {
            ArgumentNullException.ThrowIfNull(header);
            return client.Use(new ClientLayer("UseProxyProtocol", ClientStage.ProxyProtocol, async (_, connection, _, token) =>
            {
                header(connection).WriteTo(connection.Transport.Output);
                // Flushed at once, because the server may send first.
                await connection.Transport.Output.FlushAsync(token);
                return connection;
            }));
        }
    }
}
