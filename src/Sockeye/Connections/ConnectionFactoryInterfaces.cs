using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>A transport that connects from a chosen local endpoint: <c>bind()</c> before <c>connect()</c>.</summary>
/// <remarks>
/// A client needs it for <see cref="SockeyeClientOptions.LocalEndPoint"/>, and to race the addresses of a host (Happy Eyeballs,
/// RFC 8305): of several connection attempts one is used, so an attempt must send nothing beyond the handshake.
/// </remarks>
public interface ILocalEndPointConnectionFactory : IConnectionFactory
{
    /// <summary>Connects to <paramref name="remote"/> from <paramref name="local"/>.</summary>
    /// <param name="remote">The endpoint to connect to.</param>
    /// <param name="local">The endpoint to connect from. Port 0 takes a free one.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint local, CancellationToken cancellationToken);
}

/// <summary>A transport that has its own host names and addresses, such as a simulated network.</summary>
/// <remarks>Optional. For other transports, the client resolves names by the system.</remarks>
public interface IHostNameResolver
{
    /// <summary>Returns the addresses of a host in the order in which to try them. Empty if it has none of this family.</summary>
    /// <param name="host">The name of the host, in ASCII.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="SocketException">The name cannot be resolved.</exception>
    ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>Returns whether an address belongs to the machine that connects.</summary>
    bool Owns(IPAddress address);
}
