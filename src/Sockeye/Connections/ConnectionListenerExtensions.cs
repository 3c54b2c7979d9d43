using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>What Sockeye adds to listeners that are used without a server.</summary>
public static class ConnectionListenerExtensions
{
    extension(IConnectionListener listener)
    {
        /// <summary>What the kernel knows of the listening socket now: accept-queue depth and limit; one system call; null where
        /// it does not tell.</summary>
        public TcpInfo? TcpInfo => (listener as IAcceptQueue)?.Info;
    }
}
