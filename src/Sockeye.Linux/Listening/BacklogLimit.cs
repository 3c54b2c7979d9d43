using System.Globalization;

namespace Sockeye.Linux;

/// <summary>How long the queue of a listening socket may be at most: the sysctl net.core.somaxconn, listen(2).</summary>
internal static class BacklogLimit
{
    public const string File = "/proc/sys/net/core/somaxconn";

    /// <summary>Null where the system does not tell.</summary>
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
