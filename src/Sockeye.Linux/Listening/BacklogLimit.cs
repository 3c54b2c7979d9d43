using System.Globalization;

namespace Sockeye.Linux;

/// <summary>The maximum backlog of a listening socket: the sysctl net.core.somaxconn, listen(2).</summary>
internal static class BacklogLimit
{
    public const string File = "/proc/sys/net/core/somaxconn";

    /// <summary>Reads the limit; null if the system does not report it.</summary>
    public static int? Read()
    {
        try
        {
            return int.TryParse(System.IO.File.ReadAllText(File), CultureInfo.InvariantCulture, out var limit) ? limit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Not Linux, or a container without /proc.
        }
    }
}
