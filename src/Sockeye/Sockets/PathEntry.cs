using System.Runtime.InteropServices;
using System.Text;

namespace Sockeye;

internal enum PathKind
{
    Nothing,
    Socket,
    Directory,
    SymbolicLink,

    /// <summary>A regular file, a FIFO or a device.</summary>
    OtherFile,

    /// <summary>An entry whose kind the system does not report.</summary>
    Unknown,
}

/// <summary>
/// The entry at a path, with values that distinguish it from later entries at the same path. Links are not followed, and nothing
/// is opened, because opening a FIFO would wait for its other end.
/// </summary>
/// <param name="Kind">The kind of the entry.</param>
/// <param name="Device">The device of the file system; if there are no inodes, the creation time.</param>
/// <param name="Inode">The inode; if there are no inodes, the time of the last write.</param>
internal readonly record struct PathEntry(PathKind Kind, ulong Device, ulong Inode)
{
    // struct statx and its flags, statx(2), the same on every processor.
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint TypeAndInode = 0x101; // STATX_TYPE | STATX_INO
    private const int StatSize = 256;
    private const uint Owner = 8; // STATX_UID
    private const int OwnerOffset = 20;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int DeviceOffset = 136;
    private const int NoEntry = 2; // ENOENT
    private const int NotADirectory = 20; // ENOTDIR

    public static PathEntry Read(string path) =>
        OperatingSystem.IsLinux() ? ReadStat(path) ?? ReadAttributes(path) : ReadAttributes(path);

    /// <summary>Returns the id of the user who owns what is at the path; null if the system does not report it. Links are
    /// followed. Linux only.</summary>
    public static uint? ReadOwner(string path)
    {
        var stat = new byte[StatSize];
        try
        {
            return Stat(CurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), 0, Owner, stat) == 0
                ? MemoryMarshal.Read<uint>(stat.AsSpan(OwnerOffset))
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // The C library is older than glibc 2.28 or musl 1.2.
        }
    }

    private static PathEntry? ReadStat(string path)
    {
        var stat = new byte[StatSize];
        try
        {
            if (Stat(CurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), NoFollow, TypeAndInode, stat) != 0)
                return Marshal.GetLastPInvokeError() is NoEntry or NotADirectory ? default(PathEntry) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // The C library is older than glibc 2.28 or musl 1.2.
        }

        return new(
            GetKind(MemoryMarshal.Read<ushort>(stat.AsSpan(ModeOffset))),
            MemoryMarshal.Read<ulong>(stat.AsSpan(DeviceOffset)),
            MemoryMarshal.Read<ulong>(stat.AsSpan(InodeOffset)));
    }

    private static PathKind GetKind(ushort mode) => (mode & 0xF000) switch // S_IFMT, inode(7)
    {
        0xC000 => PathKind.Socket,
        0x4000 => PathKind.Directory,
        0xA000 => PathKind.SymbolicLink,
        _ => PathKind.OtherFile,
    };

    private static PathEntry ReadAttributes(string path)
    {
        var file = new FileInfo(path);
        try
        {
            var attributes = File.GetAttributes(path);
            var kind = file.LinkTarget is not null ? PathKind.SymbolicLink
                : attributes.HasFlag(FileAttributes.Directory) ? PathKind.Directory
                : !OperatingSystem.IsWindows() ? PathKind.Unknown
                // A Unix socket of Windows is a reparse point.
                : attributes.HasFlag(FileAttributes.ReparsePoint) ? PathKind.Socket : PathKind.OtherFile;
            return new(kind, (ulong)file.CreationTimeUtc.Ticks, (ulong)file.LastWriteTimeUtc.Ticks);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(PathKind.Unknown, 0, 0);
        }
    }

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int Stat(int directory, byte[] path, int flags, uint mask, byte[] stat);
#pragma warning restore SYSLIB1054
}
