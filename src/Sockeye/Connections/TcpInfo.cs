using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>What the kernel knows of a TCP socket at one moment (Linux: <c>TCP_INFO</c>, tcp(7)).</summary>
/// <remarks>
/// A property is null, never zero, where the kernel does not tell: an older one, a listening socket, a value that was not
/// measured yet. Not available on macOS and Windows: the whole is null there.
/// </remarks>
public sealed partial class TcpInfo
{
    private TcpInfo(TcpInfoBytes info)
    {
        State = info.State;
        if (State is TcpState.Listen)
        {
            AcceptQueueDepth = (int?)info.Number(TcpInfoBytes.Unacknowledged);
            AcceptQueueLimit = (int?)info.Number(TcpInfoBytes.SelectivelyAcknowledged);
            return;
        }

        ReadPath(info);
        ReadSending(info);
    }

    /// <summary>The state of RFC 9293, section 3.3.2.</summary>
    public TcpState State { get; }

    /// <summary>Finished handshakes that wait for <c>accept()</c>; only for a listening socket.</summary>
    public int? AcceptQueueDepth { get; }

    /// <summary>How many may wait: the backlog, as the kernel capped it at <c>net.core.somaxconn</c>; only for a listening
    /// socket. Linux takes one more than this.</summary>
    public int? AcceptQueueLimit { get; }

    /// <summary>Null where the kernel told nothing.</summary>
    internal static TcpInfo? Of(TcpInfoBytes info) => info.IsEmpty ? null : new(info);

    /// <summary>Asks the kernel; null for what is not TCP, on other systems, and once the socket is closed.</summary>
    internal static TcpInfo? Read(Socket socket) => Of(TcpInfoBytes.Read(socket, stackalloc byte[TcpInfoBytes.Size]));

    /// <summary>The state alone, without allocation.</summary>
    internal static TcpState ReadState(Socket socket) =>
        TcpInfoBytes.Read(socket, stackalloc byte[TcpInfoBytes.Size]).State;

    /// <summary>For time-outs: without allocation. Null where the kernel does not tell.</summary>
    internal static SystemProgress? ReadProgress(Socket socket) =>
        TcpInfoBytes.Read(socket, stackalloc byte[TcpInfoBytes.Size]).Progress;
}
