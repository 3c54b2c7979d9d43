using Microsoft.AspNetCore.Connections;

namespace Sockeye.Kestrel;

/// <summary>What Kestrel runs on when <c>AddSockeyeTransport</c> was called. Read once, when Kestrel starts.</summary>
public sealed class SockeyeTransportOptions
{
    /// <summary>
    /// What binds and accepts. Default null: on Linux the Linux engines where Sockeye.Linux lies beside the program, otherwise
    /// <see cref="SocketTransport"/>. One that is named here stays its owner's to dispose of.
    /// </summary>
    public IConnectionListenerFactory? Transport { get; set; }

    /// <summary>
    /// Options of the default transport: backlog, buffers, timeouts, and <c>UnsafePreferInlineScheduling</c> with its danger.
    /// Once it was asked for, Kestrel gets a transport of its own, which ends with the host; until then it shares the one that
    /// all servers of the process have. Not for a <see cref="Transport"/> that is named: that is an error at start.
    /// </summary>
    public SocketTransportOptions Sockets => OwnSockets ??= new();

    internal SocketTransportOptions? OwnSockets { get; private set; }
}
