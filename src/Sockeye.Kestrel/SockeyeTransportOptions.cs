using Microsoft.AspNetCore.Connections;

namespace Sockeye.Kestrel;

/// <summary>The options of <c>AddSockeyeTransport</c>. They are read once, when Kestrel starts.</summary>
public sealed class SockeyeTransportOptions
{
    /// <summary>
    /// Gets or sets the transport. Default: null, which means the Linux engines on Linux if the program contains Sockeye.Linux,
    /// and otherwise <see cref="SocketTransport"/>. The caller disposes a transport that is set here.
    /// </summary>
    public IConnectionListenerFactory? Transport { get; set; }

    /// <summary>
    /// Gets the options of the default transport: backlog, buffers, timeouts, and <c>UnsafePreferInlineScheduling</c> with its
    /// danger. If this property is used, Kestrel gets a separate transport, which is disposed with the host; otherwise it shares
    /// the transport of all servers of the process. Using it together with <see cref="Transport"/> is an error at start.
    /// </summary>
    public SocketTransportOptions Sockets => OwnSockets ??= new();

    internal SocketTransportOptions? OwnSockets { get; private set; }
}
