using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>A transport that continues connections which it did not accept, from their socket and their state.</summary>
public interface IConnectionAttacher
{
    /// <summary>Creates the connection of a connected socket. It begins with the given bytes in both directions.</summary>
    /// <param name="socket">The socket. The connection owns it from now on, and the handle is no longer valid. If the method
    /// throws, the handle still owns it.</param>
    /// <param name="stream">The state of its bytes.</param>
    /// <returns>The connection, which receives and sends already.</returns>
    /// <exception cref="ArgumentException">The handle is not a connected stream socket.</exception>
    /// <exception cref="SocketException">The system refuses.</exception>
    /// <exception cref="PlatformNotSupportedException">This system cannot continue a connection.</exception>
    ConnectionContext Attach(SafeHandle socket, MovedBytes stream);
}
