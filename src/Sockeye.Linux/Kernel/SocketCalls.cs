using System.Net;

namespace Sockeye.Linux;

/// <summary>Calls on a socket by its descriptor, which the caller owns: it must not be closed during the call.</summary>
/// <remarks>Pointers point into the stack of the call, or are given by the caller and valid until it returns.</remarks>
internal static unsafe class SocketCalls
{
    // Of any address that a listener here can meet: struct sockaddr_un is the largest.
    private const int MaxAddressSize = 112;

    /// <summary>The next client of a listener, not blocking; -1 and an error where there is none.</summary>
    public static int Accept(int listener, out NativeAddress peer, out Errno error)
    {
        var address = stackalloc byte[MaxAddressSize];
        var length = MaxAddressSize;
        var accepted = Libc.Accept(listener, address, &length, Constants.SocketNonBlocking | Constants.SocketCloseOnExec);
        error = accepted < 0 ? Libc.LastError : Errno.None;
        peer = accepted < 0 ? default : NativeAddress.Parse(new(address, length));
        return accepted;
    }

    /// <summary>Starts a handshake without blocking: <see cref="Errno.InProgress"/> where it is not finished.</summary>
    public static Errno Connect(int socket, SocketAddress remote)
    {
        fixed (byte* address = remote.Buffer.Span)
            return Libc.Connect(socket, address, remote.Size) < 0 ? Libc.LastError : Errno.None;
    }

    /// <summary>Takes the pending error of a socket, which the kernel reports once.</summary>
    public static Errno TakeError(int socket)
    {
        int error = 0, length = sizeof(int);
        return Libc.GetOption(socket, Constants.LevelSocket, Constants.OptionError, (byte*)&error, &length) < 0
            ? Libc.LastError
            : (Errno)error;
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

    /// <summary>From now on close() sends RST and drops what was not sent yet, socket(7).</summary>
    public static void ResetOnClose(int socket)
    {
        var linger = stackalloc int[2] { 1, 0 };
        _ = Libc.SetOption(socket, Constants.LevelSocket, Constants.OptionLinger, (byte*)linger, 2 * sizeof(int));
    }

    /// <summary>Ends both directions of a socket for all of its descriptors: by FIN after what is still to be
    /// sent, or by RST.</summary>
    public static void ShutdownBoth(int socket, bool reset)
    {
        if (reset)
        {
            // To connect to AF_UNSPEC is to disconnect, connect(2), which resets what is connected.
            var unspecified = stackalloc byte[sizeof(long) * 2];
            new Span<byte>(unspecified, sizeof(long) * 2).Clear();
            _ = Libc.Connect(socket, unspecified, sizeof(long) * 2);
        }
        else
        {
            _ = Libc.Shutdown(socket, Constants.ShutdownBoth);
        }
    }

    /// <summary>A second descriptor of the same socket, closed on exec.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">There is none left.</exception>
    public static int Duplicate(int socket)
    {
        var duplicate = Libc.Control(socket, Constants.DuplicateCloseOnExec, 0);
        return duplicate >= 0 ? duplicate : throw Libc.LastError.ToException();
    }

    public static void EnableReusePort(int socket)
    {
        var on = 1;
        if (Libc.SetOption(socket, Constants.LevelSocket, Constants.OptionReusePort, (byte*)&on, sizeof(int)) < 0)
            throw Libc.LastError.ToException();
    }

    /// <summary>Reads TCP_INFO; empty where the kernel refuses.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Of <see cref="LinuxTcpInfo.Size"/> bytes.</param>
    public static LinuxTcpInfo ReadTcpInfo(int socket, Span<byte> buffer)
    {
        var length = buffer.Length;
        fixed (byte* info = buffer)
        {
            return Libc.GetOption(socket, Constants.LevelTcp, Constants.OptionTcpInfo, info, &length) < 0
                ? default
                : new(buffer[..length]);
        }
    }
}
