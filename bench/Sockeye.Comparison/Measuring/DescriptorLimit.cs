using System.Globalization;

namespace Sockeye.Comparison.Measuring;

/// <summary>How many files and sockets a process may have open: /proc/self/limits, proc_pid_limits(5).</summary>
internal static class DescriptorLimit
{
    /// <summary>What a program has open besides its connections.</summary>
    private const int ReservedDescriptors = 200;

    /// <summary>The reason why that many connections are not possible, as a phrase with the remedy; null if they are.</summary>
    public static string? Describe(int connections) => Describe(connections, File.ReadLines("/proc/self/limits"));

    public static string? Describe(int connections, IEnumerable<string> limits)
    {
        foreach (var line in limits)
        {
            // The runtime has raised the soft limit to the hard one, and children inherit it.
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["Max", "open", "files", var limit, ..])
                continue;
            return long.TryParse(limit, CultureInfo.InvariantCulture, out var most) && most < connections + ReservedDescriptors
                ? $"needs {connections + ReservedDescriptors} open files, and {most} are allowed; raise them with ulimit -n"
                : null;
        }

        return null;
    }
}
