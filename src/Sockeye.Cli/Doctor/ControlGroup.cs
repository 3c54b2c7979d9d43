using System.Globalization;

namespace Sockeye.Cli;

/// <summary>The control group of a process: its memory, and the unit of systemd that it belongs to.</summary>
internal static class ControlGroup
{
    private const string Root = "/sys/fs/cgroup";
    private const double NearLimit = 0.9;

    /// <summary>Returns the path of the group in version 2, from <c>/proc/PID/cgroup</c>; null without one.</summary>
    public static string? Find(string text) => text.Split('\n')
        .FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..].Trim();

    /// <summary>Returns the service of the path, as "nginx.service", and whether the manager of a user runs it; null if the path
    /// is not below a service.</summary>
    public static (string Name, bool IsOfUser)? GetUnit(string? group)
    {
        var services = (group ?? "").Split('/').Where(part => part.EndsWith(".service", StringComparison.Ordinal)).ToList();
        return services is [.., var last]
            ? (last, services.Count > 1 && services[^2].StartsWith("user@", StringComparison.Ordinal)) : null;
    }

    /// <param name="group">The path of the group.</param>
    /// <param name="read">Reads a file; returns null if there is none.</param>
    public static IEnumerable<Finding> Memory(string? group, Func<string, string?> read)
    {
        var levels = GetLevels(group).Select(path => ReadLevel(path, read)).OfType<MemoryLevel>().ToList();
        if (levels.Count == 0)
            yield break;
        // The limit of each group above holds too: that which is nearest decides.
        if (levels.Where(level => level.Max is not null).MaxBy(level => level.Fill) is { Max: { } max } nearest)
        {
            var value = $"{Mebibytes(nearest.Used)} of {Mebibytes(max)} MiB"
                + (nearest.Path == group ? "" : $", the limit of {nearest.Path}");
            yield return nearest.Fill > NearLimit
                ? new("memory", value, FindingSeverity.Problem,
                    "At the limit of the control group, the kernel kills the process: raise MemoryMax= of the unit or the limit "
                        + "of the container, or lower MaxConnections.")
                : new("memory", value, FindingSeverity.Ok);
        }
        else
        {
            yield return new("memory", $"{Mebibytes(levels[0].Used)} MiB, no limit", FindingSeverity.Ok);
        }

        var kills = Field(read($"{Root}{group}/memory.events"), "oom_kill");
        if (kills is > 0)
        {
            yield return new(
                "killed for memory", QuantityText.FormatCount(kills.Value, "time"), FindingSeverity.Note,
                "The kernel killed processes of this control group since it exists: raise its limit.");
        }
    }

    /// <summary>Returns the path, and those of all groups above it: /a/b, /a, and the root.</summary>
    private static IEnumerable<string> GetLevels(string? group)
    {
        for (var path = group; path is { Length: > 0 }; path = path[..Math.Max(0, path.LastIndexOf('/'))])
            yield return path;
        if (group is { Length: > 1 })
            yield return "/";
    }

    private static MemoryLevel? ReadLevel(string path, Func<string, string?> read)
    {
        var folder = Root + (path == "/" ? "" : path);
        if (Number(read($"{folder}/memory.current")) is not { } current)
            return null;
        // The kernel frees pages of files before it kills.
        var files = Field(read($"{folder}/memory.stat"), "inactive_file") ?? 0;
        return new(path, Math.Max(0, current - files), Number(read($"{folder}/memory.max")));
    }

    /// <summary>Returns the number on the line "name 12".</summary>
    private static long? Field(string? text, string name) => Number((text ?? "").Split('\n')
        .FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))?[name.Length..]);

    private static long? Number(string? text) =>
        long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Mebibytes(long bytes) => QuantityText.FormatNumber(bytes >> 20);

    /// <summary>The memory of a group.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Used">The bytes that the kernel cannot free.</param>
    /// <param name="Max">The limit; null without one.</param>
    private sealed record MemoryLevel(string Path, long Used, long? Max)
    {
        public double Fill => Max is > 0 ? (double)Used / Max.Value : 0;
    }
}
