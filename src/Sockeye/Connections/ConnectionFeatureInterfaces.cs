using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>How a transport tells why its connection ended, and lets others say so.</summary>
internal interface IConnectionCloseFeature
{
    /// <summary>Null while both directions are open.</summary>
    CloseReason? CloseReason { get; }

    /// <summary>Gives the reason of an end that is about to come, without ending anything.</summary>
    void SetCloseReason(CloseReason reason);

    /// <summary>Ends both directions at once (RST where the transport has it), for this reason.</summary>
    void Abort(CloseReason reason);

    /// <summary>Ends both directions at once, in order (FIN): for a connection with nothing in flight.</summary>
    void Close(CloseReason reason);
}

/// <summary>How a connection's bytes are moved, for one that is put upon it and moves them in the same way.</summary>
internal interface IConnectionIoFeature
{
    StreamConnectionOptions Options { get; }

    /// <summary>Ends when nothing more will be sent.</summary>
    Task Sending { get; }
}

/// <summary>A connection that was put upon another one, which it owns. The two share their features.</summary>
internal interface IConnectionLayerFeature
{
    /// <summary>What is to be disposed in place of the connection below.</summary>
    ConnectionContext Outermost { get; }
}

/// <summary>Whether a connection is ended by another than the one who uses it: by the server whose handler uses it, or by the
/// pool that lends it.</summary>
internal interface IConnectionOwnerFeature
{
    bool HasOwner { get; }
}

/// <summary>How a server keeps the end of a connection to itself while its handler uses the connection.</summary>
internal interface IOwnableConnection : IConnectionOwnerFeature
{
    /// <summary>From now on disposing the connection only completes its pipes, and completing its output sends FIN when the
    /// handler goes on.</summary>
    /// <param name="timer">Measures how long FIN waits at most.</param>
    void TakeOwnership(CoarseTimer timer);

    /// <summary>The owner knows how the connection is to end: what it asks for from now on is done.</summary>
    void ReleaseOwnership();

    /// <summary>A connection that was put upon this one is kept in its place.</summary>
    void TransferOwnership(IOwnableConnection upper);
}

/// <summary>How a transport tells what crossed a connection.</summary>
internal interface IConnectionTrafficFeature
{
    /// <summary>Bytes taken from the peer so far, read by the handler or not.</summary>
    long BytesReceived { get; }

    /// <summary>Bytes given to the system for the peer so far.</summary>
    long BytesSent { get; }
}

/// <summary>How a transport without a <c>Socket</c> at hand tells what the kernel knows of a connection.</summary>
internal interface ITcpInfoFeature
{
    /// <summary>Null for what is not TCP, and once the connection is closed.</summary>
    TcpInfo? TcpInfo { get; }
}

/// <summary>How a connection that came through a proxy, and has its client's addresses, tells the proxy's own.</summary>
internal interface IProxiedConnectionFeature
{
    EndPoint? ProxyEndPoint { get; }
}

/// <summary>How a host that is built on it asks for an early end of <c>ConnectionClosed</c>.</summary>
internal interface IConnectionReceiveEndFeature
{
    /// <summary>From now on <c>ConnectionClosed</c> fires as soon as nothing more will be received (FIN, a reset, an abort),
    /// although something may still be sent. At once where that is so already.</summary>
    void SignalClosedWhenReceivingEnds();
}

/// <summary>How a connection that is traced tells its activity.</summary>
internal interface IConnectionTraceFeature
{
    Activity Activity { get; }
}
