namespace Sockeye.Cli;

/// <summary>The functions of Winsock, the socket interface of Windows, beside those of POSIX.</summary>
internal static class WinsockNames
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["socket()"] = "WSASocket(), after WSAStartup() by the .NET runtime",
        ["bind()"] = "bind(), with SO_EXCLUSIVEADDRUSE",
        ["listen()"] = "listen(), with SOMAXCONN as the size of the queue",
        ["connect()"] = "ConnectEx(); WSAGetLastError() is SocketException.SocketErrorCode",
        ["send()"] = "WSASend()",
        ["accept()"] = "AcceptEx()",
        ["recv()"] = "WSARecv()",
        ["waiting"] = "an I/O completion port; on Linux, epoll or io_uring",
        ["shutdown()"] = "shutdown(), with SD_SEND for SHUT_WR",
        ["close()"] = "closesocket()",
        ["abort"] = "closesocket() after SO_LINGER 0; the peer gets WSAECONNRESET",
    };

    /// <summary>
    /// Returns the function that a Windows program calls in a scene of the demo; null for a scene without a socket function.
    /// </summary>
    public static string? Find(string scene) => Names.GetValueOrDefault(scene);
}
