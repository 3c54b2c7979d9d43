using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>The POSIX calls for standard streams (man sections 2 and 3).</summary>
/// <remarks>
/// .NET has streams for these descriptors, but they do not distinguish a closed reader from a full disk, and they fail on a
/// non-blocking descriptor, which a shell or a program on the other end of a pipe may have set.
/// </remarks>
internal static class Descriptors
{
    public const int BadDescriptor = 9; // EBADF
    public const int BrokenPipe = 32; // EPIPE

    private const string Library = "libc";
    private const int Interrupted = 4; // EINTR
    private const int GetDescriptorFlags = 1; // F_GETFD
    private const int GetStatusFlags = 3; // F_GETFL
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int AccessMode = 3; // O_ACCMODE
    private const int WriteOnly = 1; // O_WRONLY
    private const short Readable = 1; // POLLIN
    private const short Writable = 4; // POLLOUT

    private static readonly int WouldBlock = OperatingSystem.IsLinux() ? 11 : 35; // EAGAIN

    /// <summary>
    /// Whether the process inherited the descriptor. A descriptor that the runtime opened is closed on exec, and may have the
    /// number of a standard stream that was closed before.
    /// </summary>
    public static bool IsInherited(int descriptor) =>
        Control(descriptor, GetDescriptorFlags) is var flags and >= 0 && (flags & CloseOnExec) == 0;

    public static bool IsFree(int descriptor) => Control(descriptor, GetDescriptorFlags) < 0;

    public static bool IsWriteOnly(int descriptor) => (Control(descriptor, GetStatusFlags) & AccessMode) == WriteOnly;

    /// <summary>Whether a read would return at once, with data, the end, or an error.</summary>
    public static bool HasInput(int descriptor)
    {
        var poll = new Poll { Descriptor = descriptor, Events = Readable };
        return Poll_(ref poll, 1, timeout: 0) > 0;
    }

    /// <summary>Waits for bytes. Returns their number, 0 at the end, or the negative error.</summary>
    public static int Read(int descriptor, Span<byte> buffer)
    {
        Debug.Assert(!buffer.IsEmpty, "A read of no bytes looks like the end.");
        while (true)
        {
            var count = (int)Read_(descriptor, ref MemoryMarshal.GetReference(buffer), buffer.Length);
            if (count >= 0)
                return count;
            if (!ShouldRetry(descriptor, Readable, out var error))
                return -error;
        }
    }

    /// <summary>Writes everything, however long that takes. Returns 0, or the error.</summary>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = (int)Write_(descriptor, ref MemoryMarshal.GetReference(bytes), bytes.Length);
            if (count >= 0)
                bytes = bytes[count..];
            else if (!ShouldRetry(descriptor, Writable, out var error))
                return error;
        }

        return 0;
    }

    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>After a failed call, waits until the descriptor is ready, and returns whether to repeat the call.</summary>
    private static bool ShouldRetry(int descriptor, short events, out int error)
    {
        error = Marshal.GetLastPInvokeError();
        if (error != WouldBlock)
            return error == Interrupted;
        var poll = new Poll { Descriptor = descriptor, Events = events };
        _ = Poll_(ref poll, 1, timeout: -1); // Regardless of the result, the next call reports the error.
        return true;
    }

    [DllImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static extern int Control(int descriptor, int command);

    [DllImport(Library, EntryPoint = "read", SetLastError = true)]
    private static extern nint Read_(int descriptor, ref byte buffer, nint count);

    [DllImport(Library, EntryPoint = "write", SetLastError = true)]
    private static extern nint Write_(int descriptor, ref byte buffer, nint count);

    [DllImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static extern int Poll_(ref Poll poll, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
