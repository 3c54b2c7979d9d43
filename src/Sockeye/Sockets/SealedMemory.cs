using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>A file in memory whose content can no longer change, and which exists as long as a process holds a descriptor of it
/// (memfd_create(2)). Linux only.</summary>
internal static class SealedMemory
{
    private const uint CloseOnExecAndSealable = 3; // MFD_CLOEXEC, MFD_ALLOW_SEALING
    private const int AddSeals = 1033; // F_ADD_SEALS of fcntl(2)
    private const int GetSeals = 1034; // F_GET_SEALS
    private const nint AllSeals = 15; // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE

    /// <summary>Creates a file, closed on exec.</summary>
    /// <param name="name">The name in /proc/self/fd.</param>
    /// <param name="content">The content.</param>
    /// <exception cref="IOException">The system refuses: no memory or no descriptor is left.</exception>
    public static SafeFileHandle Create(string name, ReadOnlySpan<byte> content)
    {
        var descriptor = CreateMemory(name, CloseOnExecAndSealable);
        if (descriptor < 0)
            throw CreateException();
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            RandomAccess.Write(handle, content, fileOffset: 0);
            return Control(descriptor, AddSeals, AllSeals) == 0 ? handle : throw CreateException();
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Returns the content.</summary>
    /// <exception cref="InvalidDataException">It is not such a file, or has more than <paramref name="maxLength"/>
    /// bytes.</exception>
    public static byte[] Read(SafeFileHandle handle, int maxLength)
    {
        if (Control((int)handle.DangerousGetHandle(), GetSeals, 0) != AllSeals)
            throw new InvalidDataException("it is not a sealed file in memory");
        var length = RandomAccess.GetLength(handle);
        if (length > maxLength)
            throw new InvalidDataException($"it has {length} bytes, and the maximum is {maxLength}");
        var content = new byte[length];
        var count = RandomAccess.Read(handle, content, fileOffset: 0);
        return count == length ? content : throw new InvalidDataException($"it has {length} bytes, and {count} could be read");
    }

    private static IOException CreateException() => new(
        $"Cannot create a file in memory: {SentenceText.TrimFullStop(Marshal.GetLastPInvokeErrorMessage())}.");

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "memfd_create", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false)]
    private static extern int CreateMemory([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static extern int Control(int descriptor, int command, nint argument);
#pragma warning restore SYSLIB1054
}
