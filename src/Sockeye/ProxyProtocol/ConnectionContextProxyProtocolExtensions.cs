using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Gives access to the PROXY header of a connection.</summary>
public static class ConnectionContextProxyProtocolExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>Gets the PROXY header of the connection; null if none was required.</summary>
        public ProxyHeader? ProxyHeader => connection.Features.Get<ProxyHeader>();
    }
}
