using System.Runtime.InteropServices;

namespace Sockeye.Linux.Tests.Support;

/// <summary>Calls of the C library that a test makes behind the back of what it tests. Numbers only: nothing is unsafe.</summary>
internal static class Native
{
    public const int NoSigPipe = 0x4000; // MSG_NOSIGNAL
    public const int WindowChanged = 28; // SIGWINCH
    public const int LockedMemoryLimit = 8; // RLIMIT_MEMLOCK

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    public static extern nint Send(int socket, byte[] data, nint length, int flags);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static extern nint Receive(int socket, byte[] data, nint length, int flags);

    [DllImport("libc", EntryPoint = "pthread_self")]
    public static extern nint CurrentThread();

    [DllImport("libc", EntryPoint = "pthread_kill")]
    public static extern int Signal(nint thread, int signal);

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static extern int ThreadControl(int operation, nint a, nint b, nint c, nint d);

    [DllImport("libc", EntryPoint = "capget", SetLastError = true)]
    public static extern int GetCapabilities(uint[] header, uint[] data);

    [DllImport("libc", EntryPoint = "capset", SetLastError = true)]
    public static extern int SetCapabilities(uint[] header, uint[] data);

    [DllImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static extern int GetLimit(int resource, ulong[] limit);

    [DllImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static extern int SetLimit(int resource, ulong[] limit);
}
