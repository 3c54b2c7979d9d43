using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>The system calls of the engines, in the C library (glibc and musl), man section 2.</summary>
/// <remarks>
/// All arguments are blittable, so that nothing is copied or pinned. After a result of -1, <see cref="LastError"/>, read at once,
/// has the error. No call may suppress the GC transition: even a call on a non-blocking socket may take long in the kernel.
/// </remarks>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    public static Errno LastError => (Errno)Marshal.GetLastSystemError();

    [LibraryImport(Library, EntryPoint = "accept4")]
    public static partial int Accept(int listener, byte* address, int* addressLength, int flags);

    [LibraryImport(Library, EntryPoint = "connect")]
    public static partial int Connect(int socket, byte* address, int addressLength);

    [LibraryImport(Library, EntryPoint = "recv")]
    public static partial nint Receive(int socket, byte* buffer, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "send")]
    public static partial nint Send(int socket, byte* buffer, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "sendmsg")]
    public static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "shutdown")]
    public static partial int Shutdown(int socket, int how);

    [LibraryImport(Library, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "fcntl")]
    public static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport(Library, EntryPoint = "getsockopt")]
    public static partial int GetOption(int socket, int level, int option, byte* value, int* length);

    [LibraryImport(Library, EntryPoint = "setsockopt")]
    public static partial int SetOption(int socket, int level, int option, byte* value, int length);

    [LibraryImport(Library, EntryPoint = "getsockname")]
    public static partial int GetLocalAddress(int socket, byte* address, int* length);

    [LibraryImport(Library, EntryPoint = "getpeername")]
    public static partial int GetRemoteAddress(int socket, byte* address, int* length);

    [LibraryImport(Library, EntryPoint = "eventfd")]
    public static partial int EventDescriptor(uint value, int flags);

    [LibraryImport(Library, EntryPoint = "read")]
    public static partial nint Read(int descriptor, byte* buffer, nint length);

    [LibraryImport(Library, EntryPoint = "write")]
    public static partial nint Write(int descriptor, byte* buffer, nint length);

    [LibraryImport(Library, EntryPoint = "epoll_create1")]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl")]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* e);

    [LibraryImport(Library, EntryPoint = "epoll_wait")]
    public static partial int EpollWait(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "syscall")]
    public static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport(Library, EntryPoint = "mmap")]
    public static partial nint Map(nint address, nint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport(Library, EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nint length);

    [LibraryImport(Library, EntryPoint = "getrlimit")]
    public static partial int GetLimit(int resource, ResourceLimit* limit);

    /// <summary><c>struct rlimit</c>, getrlimit(2).</summary>
    internal struct ResourceLimit
    {
        public ulong Current;
        public ulong Maximum;
    }
}
