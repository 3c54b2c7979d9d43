using System.Globalization;

namespace Sockeye.Fleet.Running;

/// <summary>How many files and sockets a process may have open: proc_pid_limits(5). The runtime has raised the soft limit to the
/// hard one, and children inherit it.</summary>
internal static class OpenFiles
{
    /// <summary>What a process has open besides its connections.</summary>
    private const int Reserved = 300;

    /// <summary>How many connections a process can hold.</summary>
    public static int MaxConnections() => MaxConnections(File.ReadLines("/proc/self/limits"));

    public static int MaxConnections(IEnumerable<string> limits)
    {
        foreach (var line in limits)
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Max", "open", "files", var limit, ..]
                && long.TryParse(limit, CultureInfo.InvariantCulture, out var most))
                return (int)Math.Clamp(most - Reserved, 0, int.MaxValue);
        }

        return int.MaxValue;
    }
}
