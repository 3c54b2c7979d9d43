using System.IO.Enumeration;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The descriptors of this process, as the system reports them without native code.</summary>
/// <param name="nullFile">The file that costs nothing but a descriptor.</param>
internal class DescriptorTable(string nullFile = "/dev/null")
{
    private const string Process = "/proc/self";
    private const string Open = "fd";

    private static readonly EnumerationOptions All = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };

    /// <summary>Whether descriptors are limited. On Windows, sockets do not count against such a limit.</summary>
    public virtual bool IsBounded => !OperatingSystem.IsWindows();

    /// <summary>Whether the cost of a count is independent of the number of open descriptors: Linux 6.2 and later.</summary>
    public virtual bool IsCountCheap { get; private set; }

    /// <summary>
    /// Reads the current limit, which can change while the process runs: prlimit(1). Null if the system does not report it.
    /// </summary>
    public virtual int? ReadLimit() => DescriptorLimit.Read();

    /// <summary>
    /// Counts the open descriptors, without opening the last free ones. Null if the system does not report them.
    /// </summary>
    /// <remarks>Counting opens one descriptor temporarily. If that fails, all are in use.</remarks>
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
            return int.MaxValue; // EMFILE, or ENFILE for the whole system, which has the same effect.
        }
        catch (Exception e) when (e is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null; // /proc is not readable, as in some containers.
        }
    }

    /// <summary>Opens a descriptor; null if none is left.</summary>
    public virtual IDisposable? TryOpen()
    {
        try
        {
            return File.OpenHandle(nullFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return TryOpenSocket(); // A root folder of its own without /dev, or a sandbox.
        }
        catch (IOException)
        {
            return null; // None is left, which null reports.
        }
    }

    private static Socket? TryOpenSocket()
    {
        try
        {
            return new(SocketType.Stream, ProtocolType.Tcp);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>
    /// Counts the entries, including the one for counting, as on every Linux. The duration grows with their number.
    /// </summary>
    internal static int CountEntries() => new FileSystemEnumerable<byte>($"{Process}/{Open}", static (ref _) => 0, All).Count();

    /// <summary>
    /// Reads the count from the size of /proc/self/fd, which is 0 before Linux 6.2: proc_pid_fd(5). It includes descriptors that
    /// are reserved but not open yet, as by a thread that waits in accept(2).
    /// </summary>
    internal static long ReadTableSize() => new FileSystemEnumerable<long>(Process, static (ref entry) => entry.Length, All)
    {
        ShouldIncludePredicate = static (ref entry) => entry.FileName.SequenceEqual(Open),
    }.FirstOrDefault();
}
