using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>The identity of this process for as long as the system runs: the inode of its pidfd, which the kernel gives to no
/// later process, unlike a process id (pidfd_open(2)).</summary>
internal static class ProcessIdentity
{
    private const nint OpenPidfd = 434; // SYS_pidfd_open, the same on every architecture
    private const nint PidFileSystem = 0x50494446; // PID_FS_MAGIC
    private const int StatusSize = 256; // More than struct statfs has, which begins with the type.
    private const string InodeField = "ino:";

    /// <summary>Returns the inode; null before Linux 6.9, where all pidfds share one, and on 32-bit systems, where it is not
    /// unique.</summary>
    public static ulong? Read()
    {
        if (!OperatingSystem.IsLinux() || nint.Size < sizeof(ulong))
            return null;
        var descriptor = (int)Call(OpenPidfd, Environment.ProcessId, 0);
        if (descriptor < 0)
            return null; // The kernel does not have the call, or a filter forbids it.
        using var pidfd = new SafeFileHandle(descriptor, ownsHandle: true);
        var status = new byte[StatusSize];
        return GetStatus(descriptor, status) == 0 && MemoryMarshal.Read<nint>(status) == PidFileSystem
            ? ReadInode(descriptor)
            : null;
    }

    private static ulong? ReadInode(int descriptor)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/self/fdinfo/{descriptor}"))
            {
                if (line.StartsWith(InodeField, StringComparison.Ordinal))
                    return ulong.Parse(line.AsSpan(InodeField.Length).Trim(), CultureInfo.InvariantCulture);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // The system has no /proc.
        }
    }

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern nint Call(nint number, nint first, nint second);

    [DllImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static extern int GetStatus(int descriptor, byte[] status);
#pragma warning restore SYSLIB1054
}
