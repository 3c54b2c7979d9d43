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

/// <summary>Reports whether something other than the user of a connection ends it: the server whose handler uses it, or the pool
/// that rented it out.</summary>
internal interface IConnectionOwnerFeature
{
    bool HasOwner { get; }
}

/// <summary>A connection whose end a server can reserve for itself while the handler uses the connection.</summary>
internal interface IOwnableConnection : IConnectionOwnerFeature
{
    /// <summary>From now on disposing the connection only completes its pipes, and completing its output sends FIN when the
    /// handler continues.</summary>
    /// <param name="timer">Limits how long FIN waits.</param>
    void TakeOwnership(CoarseTimer timer);

    /// <summary>The owner has decided how the connection ends: from now on it is ended as requested.</summary>
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
