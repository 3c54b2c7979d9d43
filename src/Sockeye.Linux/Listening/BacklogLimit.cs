using System.Globalization;

namespace Sockeye.Linux;

/// <summary>The longest queue that a listening socket may have: the sysctl net.core.somaxconn, listen(2).</summary>
internal static class BacklogLimit
{
    public const string File = "/proc/sys/net/core/somaxconn";

    /// <summary>The limit; null where the system does not say.</summary>
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
