using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Reads /proc and /sys of Linux. Returns null if a file does not exist: another system, an old kernel, a
/// sandbox.</summary>
internal static class ProcFiles
{
    /// <summary>Returns the text of a file, without the white space around it.</summary>
    public static string? Text(string path)
    {
        // On Wine, these paths name the files of the system below.
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns the text of a symbolic link.</summary>
    public static string? LinkTarget(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo(path).LinkTarget : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns the numbers of a file that contains only numbers.</summary>
    public static long[]? Numbers(string path)
    {
        var fields = Text(path)?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields is null or [])
            return null;
        var numbers = new long[fields.Length];
        for (var i = 0; i < fields.Length; i++)
        {
            if (!long.TryParse(fields[i], CultureInfo.InvariantCulture, out numbers[i]))
                return null;
        }

        return numbers;
    }

    /// <summary>Returns the value of "Name:  value" in /proc/self/status, proc_pid_status(5).</summary>
    public static string? Status(string name) => Status(Text("/proc/self/status") ?? "", name);

    /// <summary>Does the same for the text of another process.</summary>
    public static string? Status(string status, string name) => status.Split('\n')
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();

    /// <summary>Returns the soft and the hard limit of a row of /proc/self/limits, proc_pid_limits(5).
    /// <see cref="long.MaxValue"/> means unlimited.</summary>
    public static (long Soft, long Hard)? Limit(string name) => Limit(Text("/proc/self/limits") ?? "", name);

    /// <summary>Does the same for the text of another process.</summary>
    public static (long Soft, long Hard)? Limit(string limits, string name)
    {
        var row = limits.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var fields = row?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is [var soft, var hard, ..] ? (Value(soft), Value(hard)) : null;
    }

    /// <summary>"120,000", or "unlimited".</summary>
    public static string FormatLimit(long limit) => limit == long.MaxValue ? "unlimited" : QuantityText.FormatNumber(limit);

    /// <summary>"8,192 KiB", or "unlimited".</summary>
    public static string FormatMemoryLimit(long bytes) => bytes == long.MaxValue ? "unlimited"
        : $"{QuantityText.FormatNumber(bytes >> 10)} KiB";

    private static long Value(string word) =>
        long.TryParse(word, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
}
