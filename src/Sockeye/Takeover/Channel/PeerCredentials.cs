using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>The process at the other end of a Unix socket, as the system knows it (SO_PEERCRED, unix(7)).</summary>
/// <param name="ProcessId">The id of the process that connected or listened.</param>
/// <param name="UserId">The id of its user.</param>
internal readonly record struct PeerCredentials(int ProcessId, uint UserId)
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int Option = 17; // SO_PEERCRED
    private const int Size = 12; // struct ucred

    /// <summary>The id of the user of this process.</summary>
    public static uint OwnUserId => GetUserId();

    public static PeerCredentials Read(Socket socket)
    {
        Span<byte> value = stackalloc byte[Size];
        socket.GetRawSocketOption(SocketLevel, Option, value);
        return BitConverter.IsLittleEndian
            ? new(BinaryPrimitives.ReadInt32LittleEndian(value), BinaryPrimitives.ReadUInt32LittleEndian(value[4..]))
            : new(BinaryPrimitives.ReadInt32BigEndian(value), BinaryPrimitives.ReadUInt32BigEndian(value[4..]));
    }

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint GetUserId();
#pragma warning restore SYSLIB1054
}
