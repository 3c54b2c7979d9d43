using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connection that is layered on top of another one, which it owns. The two share their features.</summary>
internal interface IConnectionLayerFeature
{
    /// <summary>The connection to dispose in place of the one below.</summary>
    ConnectionContext Outermost { get; }
}

/// <summary>
/// Reports whether a connection has an owner that ends it: the server whose handler uses it, or the pool that rented it out.
/// </summary>
internal interface IConnectionOwnerFeature
{
    bool HasOwner { get; }
}

/// <summary>A connection whose end a server can reserve for itself while the handler uses the connection.</summary>
internal interface IOwnableConnection : IConnectionOwnerFeature
{
    /// <summary>
    /// Takes the ownership: disposing the connection then only completes its pipes, and the FIN of a completed output is withheld
    /// until the handler continues.
    /// </summary>
    /// <param name="timer">The timer that limits the delay of FIN.</param>
    void TakeOwnership(CoarseTimer timer);

    /// <summary>Releases the ownership, once the owner has decided how the connection ends.</summary>
    void ReleaseOwnership();

    /// <summary>Moves the ownership to a connection that is layered on top of this one.</summary>
    void TransferOwnership(IOwnableConnection upper);
}

/// <summary>Reports the address of the proxy on a connection that carries the addresses of its client.</summary>
internal interface IProxiedConnectionFeature
{
    EndPoint? ProxyEndPoint { get; }
}

/// <summary>Reports the activity of a traced connection.</summary>
internal interface IConnectionTraceFeature
{
    Activity Activity { get; }
}
