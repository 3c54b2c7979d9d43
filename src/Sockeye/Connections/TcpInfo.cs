using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>What the kernel knows of a TCP socket at one moment (Linux: <c>TCP_INFO</c>, tcp(7); macOS:
/// <c>TCP_CONNECTION_INFO</c>; Windows: <c>SIO_TCP_INFO</c>).</summary>
/// <remarks>
/// A property is null, never zero, where the kernel does not tell: another system or an older one than the property names, a
/// listening socket, a value that was not measured yet. "Windows" stands for Windows 10 1703, Windows Server 2016, and later;
/// Windows tells nothing of a listening socket. The whole is null on other systems, and where a system tells nothing.
/// </remarks>
public sealed partial class TcpInfo
{
    private TcpInfo(TcpState state) => State = state;

    private TcpInfo(TcpInfoBytes info)
        : this(info.State)
    {
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

    /// <summary>Finished handshakes that wait for <c>accept()</c>; only for a listening socket. Linux.</summary>
    public int? AcceptQueueDepth { get; }

    /// <summary>How many may wait: the backlog, as the kernel capped it at <c>net.core.somaxconn</c>; only for a listening
    /// socket. Linux, which takes one more than this.</summary>
    public int? AcceptQueueLimit { get; }

    /// <summary>Null where the kernel told nothing.</summary>
    internal static TcpInfo? Of(TcpInfoBytes info) => info.IsEmpty ? null : new(info);

    /// <summary>Asks the kernel; null for what is not TCP, on other systems, and once the socket is closed.</summary>
    internal static TcpInfo? Read(Socket socket) =>
        OperatingSystem.IsMacOS() ? OfMac(TcpInfoSource.Mac(socket, stackalloc byte[MacSize]))
        : OperatingSystem.IsWindows() ? OfWindows(TcpInfoSource.Windows(socket))
        : Of(TcpInfoBytes.Read(socket, stackalloc byte[TcpInfoBytes.Size]));

    /// <summary>Each system numbers the states its own way, and a later one may have more.</summary>
    internal static TcpState Find(TcpState[] states, uint? number) =>
        number < states.Length ? states[number.Value] : TcpState.Unknown;

    /// <summary>The state alone, without allocation; unknown on other systems than Linux.</summary>
    internal static TcpState ReadState(Socket socket) =>
        TcpInfoBytes.Read(socket, stackalloc byte[TcpInfoBytes.Size]).State;

    /// <summary>For timeouts: without allocation. Null where the kernel does not tell, as on other systems than Linux.</summary>
    internal static SystemProgress? ReadProgress(Socket socket) =>
        TcpInfoBytes.Read(socket, stackalloc byte[TcpInfoBytes.Size]).Progress;
}
