using System.Globalization;

namespace Sockeye.Cli;

/// <summary>The names of services and their ports, from the file of the system: services(5).</summary>
internal static class ServiceNames
{
    private static readonly Lazy<Dictionary<string, int>> Ports = new(Read);

    /// <summary>Returns the TCP port of a service, as 80 for http; null if the system does not know the name.</summary>
    public static int? FindPort(string name) => Ports.Value.TryGetValue(name, out var port) ? port : null;

    private static string GetPath() => OperatingSystem.IsWindows()
        ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "services")
        : "/etc/services";

    private static Dictionary<string, int> Read()
    {
        try
        {
            return Parse(File.ReadLines(GetPath()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // Small systems have no such file. Then only numbers are ports.
        }
    }

    /// <summary>Reads lines such as "http 80/tcp www # World Wide Web". The first line of a name counts.</summary>
    internal static Dictionary<string, int> Parse(IEnumerable<string> lines)
    {
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var parts = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (parts is not [var name, var number, .. var aliases] || number.Split('/') is not [var digits, "tcp"]
                || !ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
                continue;
            foreach (var one in aliases.Prepend(name))
                ports.TryAdd(one, port);
        }

        return ports;
    }
}
