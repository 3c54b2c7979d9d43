using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>Extends connections with what the kernel knows of their socket.</summary>
public static class ConnectionContextTcpInfoExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Asks the kernel for the current state of the connection, with one system call. Null where the transport has no TCP
        /// socket, and once the connection is closed.
        /// </summary>
        public TcpInfo? GetTcpInfo() =>
            connection.Features.Get<ITcpInfoFeature>() is { } feature ? feature.GetTcpInfo()
            : connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket ? TcpInfo.Read(socket) : null;
    }
}
