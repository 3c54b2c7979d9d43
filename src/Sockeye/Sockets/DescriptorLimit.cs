using System.Globalization;

namespace Sockeye;

/// <summary>
/// How many descriptors this process may have open, where the system tells without native code: proc_pid_limits(5).
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
            return null; // No /proc in this container: accept() itself will tell.
        }
    }

    /// <summary>
    /// "Max open files            1024                 524288               files": the soft limit, or null for none.
    /// </summary>
    internal static int? Parse(IEnumerable<string> lines)
    {
        const string name = "Max open files";
        var line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
