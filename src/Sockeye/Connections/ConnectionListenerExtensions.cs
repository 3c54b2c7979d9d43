using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Extends listeners that are used without a server.</summary>
public static class ConnectionListenerExtensions
{
    extension(IConnectionListener listener)
    {
        /// <summary>
        /// Returns the depth and limit of the listening socket's accept queue, by one system call. Null if the kernel does not
        /// report them, or if the listener is not one of Sockeye's.
        /// </summary>
        public TcpInfo? GetTcpInfo() => (listener as IAcceptQueueListener)?.GetTcpInfo();
    }
}
