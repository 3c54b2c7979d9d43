using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Connections that came through a proxy.</summary>
public static class ConnectionContextProxyProtocolExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>The PROXY header with which the connection began; null where none was required.</summary>
        public ProxyHeader? ProxyHeader => connection.Features.Get<ProxyHeader>();
    }
}
