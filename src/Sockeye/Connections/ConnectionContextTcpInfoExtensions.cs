using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>Extends connections with the kernel's information about their socket.</summary>
public static class ConnectionContextTcpInfoExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Returns the kernel's current view of the connection, by one system call. Null if the connection has no TCP socket or
        /// is closed.
        /// </summary>
        public TcpInfo? GetTcpInfo() =>
            connection.Features.Get<ITcpInfoFeature>() is { } feature ? feature.GetTcpInfo()
            : connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket ? TcpInfo.Read(socket) : null;
    }
}
