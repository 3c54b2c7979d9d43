using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A transport that lets a client choose its own local address: <c>bind()</c> before <c>connect()</c>.</summary>
/// <remarks>Its connects send nothing but a handshake of TCP: several may be raced, of which one is used.</remarks>
internal interface ILocalEndPointConnectionFactory : IConnectionFactory
{
    /// <summary>Dials <paramref name="remote"/> from <paramref name="local"/> (port 0: any free port).</summary>
    ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint local, CancellationToken cancellationToken);
}

/// <summary>A transport with host names and addresses of its own, as a simulated network has. Others use the system's.</summary>
internal interface IHostNameResolver
{
    /// <summary>The addresses of one family in the order they should be tried; empty when the name has none.</summary>
    ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>Whether an address is one of the machine that dials.</summary>
    bool Owns(IPAddress address);
}
