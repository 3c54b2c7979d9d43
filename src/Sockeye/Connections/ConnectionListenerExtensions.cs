using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Extends listeners that are used without a server.</summary>
public static class ConnectionListenerExtensions
{
    extension(IConnectionListener listener)
    {
        /// <summary>
        /// Asks the kernel for the accept-queue depth and limit of the listening socket, with one system call. Null where the
        /// kernel does not report them, and where the listener is not one of Sockeye's.
        /// </summary>
        public TcpInfo? GetTcpInfo() => (listener as IAcceptQueueListener)?.GetTcpInfo();
    }
}
