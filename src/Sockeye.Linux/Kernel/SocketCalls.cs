using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>System calls on a socket by its descriptor. The caller owns it, and must not close it during the call.</summary>
/// <remarks>Pointers refer to the stack, or to memory of the caller that is valid until the call returns.</remarks>
internal static unsafe class SocketCalls
{
    // The largest address of a listener is struct sockaddr_un.
    private const int MaxAddressSize = 112;

    // It creates the endpoints of others.
    private static readonly UnixDomainSocketEndPoint AnyUnixEndPoint = new("/");

    /// <summary>Accepts the next client of a listener, without blocking. Returns -1 and an error if there is none.</summary>
    public static int Accept(int listener, out NativeAddress peer, out Errno error)
    {
        var address = stackalloc byte[MaxAddressSize];
        var length = MaxAddressSize;
        var accepted = Libc.Accept(listener, address, &length, Constants.SocketNonBlocking | Constants.SocketCloseOnExec);
        error = accepted < 0 ? Libc.LastError : Errno.None;
        peer = accepted < 0 ? default : NativeAddress.Parse(new(address, length));
        return accepted;
    }

    /// <summary>Starts a handshake without blocking. Returns <see cref="Errno.InProgress"/> if it is not complete.</summary>
    public static Errno Connect(int socket, SocketAddress remote)
    {
        fixed (byte* address = remote.Buffer.Span)
            return Libc.Connect(socket, address, remote.Size) < 0 ? Libc.LastError : Errno.None;
    }

    /// <summary>Takes the pending error of a socket, which the kernel reports once.</summary>
    public static Errno TakeError(this SystemCalls system, int socket)
    {
        Span<byte> error = stackalloc byte[sizeof(int)];
        var result = system.GetOption(socket, Constants.LevelSocket, Constants.OptionError, error);
        return result < 0 ? (Errno)(-result) : (Errno)BitConverter.ToInt32(error);
    }

    public static NativeAddress LocalAddress(int socket)
    {
        var address = stackalloc byte[MaxAddressSize];
        var length = MaxAddressSize;
        return Libc.GetLocalAddress(socket, address, &length) < 0 ? default : NativeAddress.Parse(new(address, length));
    }

    public static NativeAddress RemoteAddress(int socket)
    {
        var address = stackalloc byte[MaxAddressSize];
        var length = MaxAddressSize;
        return Libc.GetRemoteAddress(socket, address, &length) < 0 ? default : NativeAddress.Parse(new(address, length));
    }

    /// <summary>Returns the endpoint of a Unix socket, whose path is empty for most clients.</summary>
    public static EndPoint LocalUnixEndPoint(int socket)
    {
        var address = stackalloc byte[MaxAddressSize];
        var length = MaxAddressSize;
        return ToUnixEndPoint(address, Libc.GetLocalAddress(socket, address, &length) < 0 ? 0 : length);
    }

    /// <summary>Returns the endpoint of the peer of a Unix socket, whose path is empty for most clients.</summary>
    public static EndPoint RemoteUnixEndPoint(int socket)
    {
        var address = stackalloc byte[MaxAddressSize];
        var length = MaxAddressSize;
        return ToUnixEndPoint(address, Libc.GetRemoteAddress(socket, address, &length) < 0 ? 0 : length);
    }

    /// <summary>
    /// Reads the memory of sent bytes that the peer of a Unix socket has not read yet. Null if the kernel does not report it.
    /// </summary>
    public static long? ReadUnreadUnixMemory(this SystemCalls system, int socket)
    {
        // Nine 32-bit numbers (linux/sock_diag.h), of which the third is SK_MEMINFO_WMEM_ALLOC.
        Span<uint> memory = stackalloc uint[9];
        var length = system.GetOption(
            socket, Constants.LevelSocket, Constants.OptionMemory, MemoryMarshal.AsBytes(memory));
        return length < 3 * sizeof(uint) ? null : memory[2];
    }

    /// <summary>Makes close() send RST and discard unsent data, socket(7).</summary>
    public static void ResetOnClose(this SystemCalls system, int socket)
    {
        ReadOnlySpan<int> linger = [1, 0];
        _ = system.SetOption(socket, Constants.LevelSocket, Constants.OptionLinger, MemoryMarshal.AsBytes(linger));
    }

    /// <summary>Ends both directions of a socket, for all of its descriptors: by FIN after the unsent data, or by RST.</summary>
    public static void ShutdownBoth(this SystemCalls system, int socket, bool reset)
    {
        if (reset)
            _ = system.Disconnect(socket);
        else
            _ = system.Shutdown(socket, Constants.ShutdownBoth);
    }

    /// <summary>Creates a second descriptor of the same socket, closed on exec.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">No descriptor is left.</exception>
    public static int DuplicateOrThrow(this SystemCalls system, int socket)
    {
        var duplicate = system.Duplicate(socket);
        return duplicate >= 0 ? duplicate : throw ((Errno)(-duplicate)).ToException();
    }

    public static void EnableReusePort(int socket)
    {
        var on = 1;
        if (Libc.SetOption(socket, Constants.LevelSocket, Constants.OptionReusePort, (byte*)&on, sizeof(int)) < 0)
            throw Libc.LastError.ToException();
    }

    /// <summary>Reads TCP_INFO. Empty if the kernel refuses.</summary>
    /// <param name="system">The system.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">A buffer of <see cref="LinuxTcpInfo.Size"/> bytes.</param>
    public static LinuxTcpInfo ReadTcpInfo(this SystemCalls system, int socket, Span<byte> buffer)
    {
        var length = system.GetOption(socket, Constants.LevelTcp, Constants.OptionTcpInfo, buffer);
        return length < 0 ? default : new(buffer[..length]);
    }

    /// <summary>Creates an endpoint that prints safely.</summary>
    private static EndPoint ToUnixEndPoint(byte* address, int length)
    {
        const int PathOffset = sizeof(ushort); // struct sockaddr_un, unix(7)
        var reported = new SocketAddress(AddressFamily.Unix, Math.Max(length, PathOffset));
        if (length > PathOffset)
            new ReadOnlySpan<byte>(address, length)[PathOffset..].CopyTo(reported.Buffer.Span[PathOffset..]);
        return UnixPathEndPoint.ToPrintable(AnyUnixEndPoint.Create(reported))!;
    }
}
