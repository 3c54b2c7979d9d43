using System.Buffers.Binary;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Reads the amount of data that the peer of a Unix socket has not read yet.</summary>
internal static class UnixSocketQueue
{
    private const int LevelSocket = 1; // SOL_SOCKET
    private const int OptionMemory = 55; // SO_MEMINFO (asm-generic/socket.h), since Linux 4.12
    private const int MemorySize = 36; // nine 32-bit numbers (linux/sock_diag.h)
    private const int SendMemory = 2 * sizeof(int); // SK_MEMINFO_WMEM_ALLOC

    /// <summary>
    /// Returns the memory of sent bytes that are not read yet; null for other sockets, on systems other than Linux, and once the
    /// socket is closed. Allocates nothing.
    /// </summary>
    public static long? GetUnreadMemory(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily is not AddressFamily.Unix)
            return null;
        Span<byte> memory = stackalloc byte[MemorySize];
        try
        {
            var length = socket.GetRawSocketOption(LevelSocket, OptionMemory, memory);
            return length < SendMemory + sizeof(int) ? null : BinaryPrimitives.ReadUInt32LittleEndian(memory[SendMemory..]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null; // The socket is closed, or an older kernel does not report it.
        }
    }
}
