using System.IO.Enumeration;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>A descriptor of a socket that another connection, perhaps of another process, has as well. Linux only.</summary>
/// <remarks>
/// Closing a .NET socket harms the other owner: a pending receive makes it set SO_LINGER to 0, or shut the socket down, and both
/// act on the socket itself. So the descriptor is replaced by that of another socket first, dup(2), on which all of that has no
/// effect. epoll keeps the registration of a socket that is open elsewhere, epoll(7), so it is removed.
/// </remarks>
internal static class SharedDescriptor
{
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int DeleteFromEpoll = 2; // EPOLL_CTL_DEL
    private const string Descriptors = "/proc/self/fd";
    private const string Epoll = "anon_inode:[eventpoll]";

    /// <summary>The socket that replaces others, so that letting go needs no free descriptor. Never connected.</summary>
    private static readonly Lazy<Socket> Placeholder = new(static () => new(SocketType.Stream, ProtocolType.Tcp));

    /// <summary>The epoll instances of the process. .NET keeps its own until the process ends.</summary>
    private static volatile int[] _epolls = [];

    /// <summary>Creates a second descriptor of the same socket, closed on exec.</summary>
    /// <exception cref="SocketException">No descriptor is left.</exception>
    public static SafeHandle Duplicate(SafeSocketHandle socket)
    {
        _ = Placeholder.Value;
        var isHeld = false;
        try
        {
            socket.DangerousAddRef(ref isHeld);
            return NativeDescriptor.Duplicate((int)socket.DangerousGetHandle());
        }
        finally
        {
            if (isHeld)
                socket.DangerousRelease();
        }
    }

    /// <summary>Opens a connected stream socket on a descriptor. The given handle keeps its ownership until the caller ends
    /// that.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static Socket Open(SafeHandle descriptor)
    {
        var handle = new SafeSocketHandle(descriptor.DangerousGetHandle(), ownsHandle: true);
        try
        {
            Socket socket = new(handle);
            var isListening = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! != 0;
            return socket.SocketType is SocketType.Stream && !isListening
                ? socket
                : throw new ArgumentException(NotConnected(descriptor), nameof(descriptor));
        }
        catch (Exception e)
        {
            handle.SetHandleAsInvalid();
            if (e is SocketException)
                throw new ArgumentException(NotConnected(descriptor), nameof(descriptor), e);
            throw;
        }
    }

    private static string NotConnected(SafeHandle descriptor) =>
        $"Descriptor {descriptor.DangerousGetHandle()} is not a connected stream socket, so no connection continues on it.";

    /// <summary>Disposes a socket of .NET without an effect on the connection, which another descriptor keeps.</summary>
    public static void Leave(Socket socket)
    {
        var descriptor = (int)socket.Handle;
        LeaveEpoll(descriptor);
        if (ReplaceBy((int)Placeholder.Value.Handle, descriptor, CloseOnExec) < 0)
            throw new SocketException(Marshal.GetLastPInvokeError());
        socket.Dispose();
    }

    /// <summary>Ends the wait of .NET's sockets for the descriptor, which they leave to the close of a socket's last descriptor.
    /// If another process has one, the wait would stay: it would wake this process for the other one.</summary>
    public static void LeaveEpoll(int descriptor)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(Descriptors))
            return; // The kqueue of macOS forgets a descriptor that is closed.
        if (TryRemove(_epolls, descriptor))
            return;
        _epolls = FindEpolls();
        TryRemove(_epolls, descriptor);
    }

    private static bool TryRemove(int[] epolls, int descriptor)
    {
        foreach (var epoll in epolls)
        {
            if (ControlEpoll(epoll, DeleteFromEpoll, descriptor, 0) == 0)
                return true;
        }

        return false;
    }

    private static int[] FindEpolls() => [.. new FileSystemEnumerable<int>(
        Descriptors, static (ref entry) => int.Parse(entry.FileName, provider: null))
    {
        ShouldIncludePredicate = static (ref entry) => new FileInfo(entry.ToFullPath()).LinkTarget is Epoll,
    }];

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "dup3", SetLastError = true)]
    private static extern int ReplaceBy(int source, int descriptor, int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static extern int ControlEpoll(int epoll, int operation, int descriptor, nint e);
#pragma warning restore SYSLIB1054
}
