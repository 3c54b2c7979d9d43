namespace Sockeye.Takeover.Tests.Support;

/// <summary>Finds the descriptors that were opened since its creation and are open still.</summary>
/// <remarks>
/// It counts sockets, pipes, event objects, stored states and the files of one folder, by the object behind the descriptor. The
/// runtime opens other files when it needs them (assemblies, /proc), and what earlier tests had open may close at any time:
/// neither counts.
/// </remarks>
/// <param name="folder">The folder of the test.</param>
internal sealed class DescriptorWatch(string folder)
{
    private readonly Dictionary<string, int> _before = Count(folder);

    /// <summary>Waits until all of them are closed.</summary>
    public Task AllCloseAsync() =>
        TestWait.UntilAsync(() => FindNew().Count == 0, () => $"Left open: {string.Join("; ", FindNew().Select(Describe))}");

    private List<string> FindNew() =>
        [.. Count(folder).Where(one => one.Value > _before.GetValueOrDefault(one.Key)).Select(one => one.Key)];

    private static Dictionary<string, int> Count(string folder) => Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(ReadTarget)
        .OfType<string>()
        .Where(target => target.StartsWith("socket:", StringComparison.Ordinal)
            || target.StartsWith("pipe:", StringComparison.Ordinal)
            || target.StartsWith("anon_inode:", StringComparison.Ordinal)
            || target.StartsWith($"/memfd:{SystemdConnectionStore.Name}", StringComparison.Ordinal)
            || target.StartsWith(folder, StringComparison.Ordinal))
        .CountBy(target => target).ToDictionary();

    private static string? ReadTarget(string entry)
    {
        try
        {
            return new FileInfo(entry).LinkTarget;
        }
        catch (IOException)
        {
            return null; // It was closed meanwhile.
        }
    }

    /// <summary>Adds the addresses of a socket.</summary>
    private static string Describe(string target)
    {
        var inode = target.Replace("socket:[", "", StringComparison.Ordinal).TrimEnd(']');
        var lines = ((string[])["tcp", "tcp6", "unix"]).SelectMany(table => File.ReadLines($"/proc/net/{table}"))
            .Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains(inode))
            .Select(line => line.Trim());
        return $"{target} {string.Join(", ", lines)}".TrimEnd();
    }
}
