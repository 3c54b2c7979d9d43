using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Sockeye;

/// <summary>
/// Asks each system what it knows of a TCP socket. Empty for what is not TCP, where a system does not answer, and once the socket
/// is closed. What the bytes mean is told elsewhere, so that it is tested on any system.
/// </summary>
internal static class TcpInfoSource
{
    private const int ProtocolTcp = 6;
    private const int OptionTcpInfo = 11; // TCP_INFO (linux/tcp.h)
    private const int OptionTcpConnectionInfo = 0x106; // TCP_CONNECTION_INFO (macOS, netinet/tcp.h)
    private const int ControlTcpInfo = unchecked((int)0xD8000027); // SIO_TCP_INFO (Windows, mstcpip.h)
    private const int WindowsVersion = 0; // TCP_INFO_v0: later ones add nothing that is asked for.

    [SupportedOSPlatform("linux")]
    public static ReadOnlySpan<byte> Linux(Socket socket, Span<byte> buffer) => Option(socket, OptionTcpInfo, buffer);

    [SupportedOSPlatform("macos")]
    public static ReadOnlySpan<byte> Mac(Socket socket, Span<byte> buffer) => Option(socket, OptionTcpConnectionInfo, buffer);

    [SupportedOSPlatform("windows")]
    public static ReadOnlySpan<byte> Windows(Socket socket)
    {
        if (socket.ProtocolType is not ProtocolType.Tcp)
            return default;
        var (version, info) = (new byte[sizeof(uint)], new byte[TcpInfo.WindowsSize]);
        BinaryPrimitives.WriteInt32LittleEndian(version, WindowsVersion);
        try
        {
            return info.AsSpan(0, socket.IOControl(ControlTcpInfo, version, info));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return default; // Closed meanwhile, listening, or before Windows 10 1703: nothing to tell, which is what empty says.
        }
    }

    private static ReadOnlySpan<byte> Option(Socket socket, int option, Span<byte> buffer)
    {
        if (socket.ProtocolType is not ProtocolType.Tcp)
            return default;
        try
        {
            return buffer[..socket.GetRawSocketOption(ProtocolTcp, option, buffer)];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return default; // Closed meanwhile: there is nothing to tell, which is what empty says.
        }
    }
}
