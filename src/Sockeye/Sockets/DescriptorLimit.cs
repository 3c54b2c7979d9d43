using System.Globalization;

namespace Sockeye;

/// <summary>
/// Reads the maximum number of open descriptors of this process, if the system reports it without native code:
/// proc_pid_limits(5).
/// </summary>
internal static class DescriptorLimit
{
    public static int? Read()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return Parse(File.ReadLines("/proc/self/limits"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // /proc is not readable, as in some containers. accept() reports a lack of descriptors.
        }
    }

    /// <summary>Returns the soft limit in a line such as "Max open files 1024 524288 files", or null if there is none.</summary>
    internal static int? Parse(IEnumerable<string> lines)
    {
        const string name = "Max open files";
        var line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
