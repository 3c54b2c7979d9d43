using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Reports why a connection ended, and lets others end it. Safe from any thread, more than once.</summary>
internal interface IConnectionCloseFeature
{
    /// <summary>The reason of the end; null while both directions are open.</summary>
    CloseReason? CloseReason { get; }

    /// <summary>Records the reason of an end that is about to happen, without ending anything.</summary>
    void SetCloseReason(CloseReason reason);

    /// <summary>Ends both directions at once (RST where the transport has it), for this reason.</summary>
    void Abort(CloseReason reason);

    /// <summary>Ends both directions at once, in order (FIN). For a connection with nothing in flight.</summary>
    void Close(CloseReason reason);
}

/// <summary>Exposes how the bytes of a connection are moved, to what is layered on top of it and to hosts.</summary>
internal interface IConnectionIoFeature
{
    /// <summary>The scheduler for work that no caller awaits, such as callbacks.</summary>
    PipeScheduler Scheduler { get; }

    /// <summary>Completes when nothing more will be sent.</summary>
    Task SendCompletion { get; }

    /// <summary>
    /// From now on <c>ConnectionClosed</c> fires as soon as nothing more will be received (FIN, a reset, an abort), although
    /// something may still be sent; immediately if that is so already. For hosts that expect this, as Kestrel does.
    /// </summary>
    void SignalClosedWhenReceivingEnds();
}

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

/// <summary>Asks the kernel about a connection whose transport has no <c>Socket</c> at hand.</summary>
internal interface ITcpInfoFeature
{
    /// <summary>Makes one system call. Null for a connection that is not TCP, and once it is closed.</summary>
    TcpInfo? GetTcpInfo();
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
