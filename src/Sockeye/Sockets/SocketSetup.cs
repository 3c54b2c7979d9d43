using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Sockeye.Transports;

/// <summary>Creates sockets, and sets the options of the transport. Descriptors are closed on exec, as always in .NET.</summary>
public static class SocketSetup
{
    private const int ProtocolTcp = 6;
    private const int LinuxUserTimeout = 18; // TCP_USER_TIMEOUT, linux/tcp.h, since 2.6.37
    private const int LinuxFastOpen = 23; // TCP_FASTOPEN, since 3.7
    private const int LinuxFastOpenConnect = 30; // TCP_FASTOPEN_CONNECT, since 4.11
    private const int FastOpenQueueLength = 256;

    // Windows before 10 1703 lacks the first one (learn.microsoft.com/windows/win32/winsock/ipproto-tcp-socket-options); kernels
    // that imitate Linux, as those of sandboxes, may lack the others.
    private static readonly OptionalSocketOption KeepAliveProbes = new(
        "TCP_KEEPCNT", "KeepAliveProbes has no effect, and the system decides after how many probes a connection is lost",
        static (socket, count) =>
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, count));

    private static readonly OptionalSocketOption FastOpen = new(
        "TCP_FASTOPEN", "clients cannot send data with their SYN",
        static (socket, length) => SetRaw(socket, LinuxFastOpen, length));

    private static readonly OptionalSocketOption FastOpenConnect = new(
        "TCP_FASTOPEN_CONNECT", "connects send no data with their SYN",
        static (socket, isOn) => SetRaw(socket, LinuxFastOpenConnect, isOn));

    /// <summary>Creates a socket for this kind of address, and reports its descriptor to the reserve.</summary>
    public static Socket Create(EndPoint endpoint)
    {
        try
        {
            var socket = CreateSocket(endpoint);
            DescriptorReserve.Shared.OnOpened(socket.Handle);
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets)
        {
            DescriptorReserve.Shared.Release();
            throw;
        }
    }

    private static Socket CreateSocket(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp),
        UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        _ => throw new NotSupportedException(
            $"SocketTransport supports IPEndPoint and UnixDomainSocketEndPoint, not {endpoint.GetType().Name} ({endpoint}). " +
            "A host name is resolved by SockeyeClient."),
    };

    internal static void ConfigureListener(Socket socket, EndPoint endpoint, SocketTransportOptions options)
    {
        // Otherwise Windows allows a second server to bind a port that is in use.
        if (OperatingSystem.IsWindows())
            socket.ExclusiveAddressUse = true;
        if (endpoint is not IPEndPoint ip)
            return;
        if (ip.AddressFamily is AddressFamily.InterNetworkV6)
            socket.DualMode = ip.Address.Equals(IPAddress.IPv6Any);
        ConfigureBound(socket, options);
    }

    /// <summary>Sets the options of a listener that do not have to precede <c>bind()</c>.</summary>
    internal static void ConfigureBound(Socket socket, SocketTransportOptions options)
    {
        if (socket.AddressFamily is AddressFamily.Unix)
            return;
        SetBuffers(socket, options); // before listen(), so that the window scale of the handshake fits
        if (options.FastOpen && OperatingSystem.IsLinux())
            FastOpen.Set(socket, FastOpenQueueLength);
        SetUserTimeout(socket, options);
        if (options.KeepAliveTime is not null)
            KeepAliveProbes.Set(socket, options.KeepAliveProbes); // Detects at the start whether the system has the option.
    }

    /// <summary>Sets the options of a socket that connects. Called before <c>connect()</c>.</summary>
    /// <exception cref="PlatformNotSupportedException">An option is set that this system does not have.</exception>
    public static void ConfigureClient(Socket socket, SocketTransportOptions options)
    {
        if (socket.ProtocolType is not ProtocolType.Tcp)
            return;
        SetBuffers(socket, options);
        if (options.FastOpen && OperatingSystem.IsLinux())
            FastOpenConnect.Set(socket, 1);
        ConfigureConnection(socket, options);
    }

    /// <summary>Sets the options of an accepted or connected TCP socket.</summary>
    public static void ConfigureConnection(Socket socket, SocketTransportOptions options)
    {
        if (socket.ProtocolType is not ProtocolType.Tcp)
            return;
        socket.NoDelay = options.NoDelay;
        if (options.KeepAliveTime is { } keepAlive)
        {
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)keepAlive.TotalSeconds);
            socket.SetSocketOption(
                SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)options.KeepAliveInterval.TotalSeconds);
            KeepAliveProbes.Set(socket, options.KeepAliveProbes);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        }

        SetUserTimeout(socket, options);
    }

    /// <summary>Logs each requested option that this system lacks.</summary>
    internal static void LogMissingOptions(ILogger logger)
    {
        KeepAliveProbes.LogIfMissing(logger);
        FastOpen.LogIfMissing(logger);
        FastOpenConnect.LogIfMissing(logger);
    }

    private static void SetBuffers(Socket socket, SocketTransportOptions options)
    {
        if (options.ReceiveBufferSize is { } receive)
            socket.ReceiveBufferSize = receive;
        if (options.SendBufferSize is { } send)
            socket.SendBufferSize = send;
    }

    private static void SetUserTimeout(Socket socket, SocketTransportOptions options)
    {
        if (options.UserTimeout is not { } timeout)
            return;
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException(
                $"UserTimeout ({timeout}) needs TCP_USER_TIMEOUT, which only Linux has: leave it null on this system.");
        }

        SetRaw(socket, LinuxUserTimeout, (int)timeout.TotalMilliseconds);
    }

    private static void SetRaw(Socket socket, int option, int value) =>
        socket.SetRawSocketOption(ProtocolTcp, option, BitConverter.GetBytes(value));
}
