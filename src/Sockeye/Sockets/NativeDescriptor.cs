using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>Calls on descriptors that .NET does not have: a second descriptor of a socket, and whether children get it.</summary>
internal static class NativeDescriptor
{
    // Requests of ioctl() without a further argument. fcntl() has one, which .NET cannot pass to a variadic function of macOS.
    private static readonly nuint SetCloseOnExec = OperatingSystem.IsMacOS() ? 0x20006601u : 0x5451u; // FIOCLEX
    private static readonly nuint ClearCloseOnExec = OperatingSystem.IsMacOS() ? 0x20006602u : 0x5450u; // FIONCLEX

    private const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC of Linux, fcntl(2)
    private const int UnixFamily = 1; // AF_UNIX
    private const int StreamType = 1; // SOCK_STREAM
    private const int LinuxCloseOnExec = 0x80000; // SOCK_CLOEXEC, socketpair(2)
    private const int FirstFree = 3; // Not a standard stream, even if one is closed.

    /// <summary>Whether this system has descriptors that processes share.</summary>
    public static bool IsSupported => !OperatingSystem.IsWindows();

    /// <summary>Creates a second descriptor of the same socket, closed on exec.</summary>
    /// <exception cref="SocketException">The descriptor is not open, or no descriptor is left.</exception>
    public static SafeFileHandle Duplicate(int descriptor)
    {
        var duplicate = OperatingSystem.IsLinux()
            ? Control(descriptor, DuplicateCloseOnExec, FirstFree)
            : DuplicateOpen(descriptor);
        if (duplicate < 0)
            throw CreateException();
        // A handle of a file closes a descriptor by close(). That of a socket would first set SO_LINGER, for all of its holders.
        var handle = new SafeFileHandle(duplicate, ownsHandle: true);
        if (!OperatingSystem.IsLinux())
            CloseOnExec(duplicate);
        return handle;
    }

    /// <summary>Closes the descriptor when this process executes another program: its children do not get it.</summary>
    /// <exception cref="SocketException">The descriptor is not open.</exception>
    public static void CloseOnExec(int descriptor) => Request(descriptor, SetCloseOnExec);

    /// <summary>Keeps the descriptor open in a program that this process executes.</summary>
    /// <exception cref="SocketException">The descriptor is not open.</exception>
    public static void KeepOnExec(int descriptor) => Request(descriptor, ClearCloseOnExec);

    /// <summary>Creates two connected sockets without an address, closed on exec.</summary>
    /// <exception cref="SocketException">No descriptor is left.</exception>
    public static (Socket First, Socket Second) CreatePair()
    {
        var pair = new int[2];
        if (CreatePair(UnixFamily, StreamType | (OperatingSystem.IsLinux() ? LinuxCloseOnExec : 0), 0, pair) != 0)
            throw CreateException();
        foreach (var descriptor in OperatingSystem.IsLinux() ? [] : pair)
            CloseOnExec(descriptor);
        return (new(new SafeSocketHandle(pair[0], ownsHandle: true)), new(new SafeSocketHandle(pair[1], ownsHandle: true)));
    }

    private static void Request(int descriptor, nuint request)
    {
        if (RequestOf(descriptor, request) != 0)
            throw CreateException();
    }

    // The message of the system, such as "Bad file descriptor", from the number of this system.
    private static SocketException CreateException() =>
        new((int)SocketError.SocketError, Marshal.GetLastPInvokeErrorMessage());

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static extern int Control(int descriptor, int command, nint argument);

    [DllImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static extern int DuplicateOpen(int descriptor);

    [DllImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static extern int CreatePair(int family, int type, int protocol, int[] pair);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int RequestOf(int descriptor, nuint request);
#pragma warning restore SYSLIB1054
}
