using System.IO.Enumeration;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>The descriptors of this process, as the system tells of them without native code.</summary>
internal class DescriptorTable
{
    private const string Process = "/proc/self";
    private const string Open = "fd";

    private static readonly EnumerationOptions All = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };

    /// <summary>Whether descriptors are bounded at all: on Windows sockets do not count against such a limit.</summary>
    public virtual bool IsBounded => !OperatingSystem.IsWindows();

    /// <summary>Whether a count costs the same, however many are open: Linux 6.2 and later.</summary>
    public virtual bool IsCountCheap { get; private set; }

    /// <summary>How many may be open, now: the limit of a running process can be changed, prlimit(1). Null where the system does
    /// not tell.</summary>
    public virtual int? ReadLimit() => DescriptorLimit.Read();

    /// <summary>How many are open, found without taking the last free ones; null where the system does not tell.</summary>
    /// <remarks>Looking takes one for a moment. Where there is none, all are open.</remarks>
    public virtual int? CountOpen()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            if (ReadTableSize() is > 0 and var size)
            {
                IsCountCheap = true;
                return (int)size - 1;
            }

            return CountEntries() - 1;
        }
        catch (IOException e) when (e is not DirectoryNotFoundException)
        {
            return int.MaxValue; // EMFILE, or ENFILE: the system has none, with the same effect.
        }
        catch (Exception e) when (e is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null; // No /proc in this container.
        }
    }

    /// <summary>Takes one; null where there is none.</summary>
    public virtual SafeHandle? TryOpen()
    {
        try
        {
            return File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (IOException)
        {
            return null; // None left, which is what the caller wants to know.
        }
    }

    /// <summary>As every Linux tells it, the one for looking included: the more are open, the longer it takes.</summary>
    internal static int CountEntries() => new FileSystemEnumerable<byte>($"{Process}/{Open}", static (ref _) => 0, All).Count();

    /// <summary>The same from the size of /proc/self/fd, which is 0 before Linux 6.2: proc_pid_fd(5). It has those too that are
    /// taken, but not open yet, as by a thread that waits in accept(2).</summary>
    internal static long ReadTableSize() => new FileSystemEnumerable<long>(Process, static (ref entry) => entry.Length, All)
    {
        ShouldIncludePredicate = static (ref entry) => entry.FileName.SequenceEqual(Open),
    }.FirstOrDefault();
}
