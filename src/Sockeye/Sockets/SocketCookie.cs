using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>The number that the kernel gives to a socket, and to no other one while the system runs (<c>SO_COOKIE</c>,
/// socket(7)). All descriptors of a socket have the same. Linux only.</summary>
internal static class SocketCookie
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int Option = 57; // SO_COOKIE

    /// <summary>Returns the number; null if the descriptor is not a socket.</summary>
    public static ulong? Read(SafeHandle descriptor)
    {
        try
        {
            // A socket that does not own its descriptor changes nothing when it is disposed.
            using var socket = new Socket(new SafeSocketHandle(descriptor.DangerousGetHandle(), ownsHandle: false));
            Span<byte> value = stackalloc byte[sizeof(ulong)];
            socket.GetRawSocketOption(SocketLevel, Option, value);
            return BitConverter.ToUInt64(value);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
