using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>Two connected stream sockets without a name (socketpair(2)), close-on-exec and non-blocking.</summary>
/// <remarks>Unsafe only for the address of two numbers on the stack, which the kernel fills.</remarks>
internal sealed unsafe partial class SocketPair : IDisposable
{
    private const int Unix = 1;
    private const int StreamCloseOnExecNonBlocking = 1 | 0x80000 | 0x800;

    private SocketPair(int first, int second)
    {
        First = first;
        Second = second;
    }

    public int First { get; private set; }
    public int Second { get; private set; }

    /// <exception cref="EngineException">No descriptor is left.</exception>
    public static SocketPair Create()
    {
        var pair = stackalloc int[2];
        return MakeSocketPair(Unix, StreamCloseOnExecNonBlocking, 0, pair) == 0
            ? new(pair[0], pair[1])
            : throw IoUringErrorText.ToException("socketpair", Marshal.GetLastSystemError());
    }

    public void CloseFirst()
    {
        if (First >= 0)
            _ = IoUringCalls.Kernel.Close(First);
        First = -1;
    }

    public void CloseSecond()
    {
        if (Second >= 0)
            _ = IoUringCalls.Kernel.Close(Second);
        Second = -1;
    }

    public void Dispose()
    {
        CloseFirst();
        CloseSecond();
    }

    [LibraryImport("libc", EntryPoint = "socketpair")]
    private static partial int MakeSocketPair(int domain, int type, int protocol, int* pair);
}
