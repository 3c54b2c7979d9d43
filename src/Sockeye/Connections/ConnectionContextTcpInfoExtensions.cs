using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>What Sockeye adds to connections that stand on a socket.</summary>
public static class ConnectionContextTcpInfoExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>What the kernel knows of the connection now: one system call; null where it does not tell.</summary>
        public TcpInfo? TcpInfo =>
            connection.Features.Get<ITcpInfoFeature>() is { } feature ? feature.TcpInfo
            : connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket ? TcpInfo.Read(socket) : null;
    }
}
