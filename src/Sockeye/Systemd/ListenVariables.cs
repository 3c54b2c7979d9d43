using System.Globalization;

namespace Sockeye;

/// <summary>The variables by which systemd passes descriptors: sd_listen_fds(3).</summary>
internal static class ListenVariables
{
    /// <summary>The first descriptor after the standard streams: <c>SD_LISTEN_FDS_START</c>.</summary>
    public const int First = 3;

    private const string Process = "LISTEN_PID";
    private const string Count = "LISTEN_FDS";
    private const string Names = "LISTEN_FDNAMES";
    private const string Inode = "LISTEN_PIDFDID"; // Of the pidfd of the process, since systemd 258.
    private const string Unnamed = "unknown";
    private const int MaxCount = 65_536;

    /// <summary>Reads the names of the descriptors, in order; none if the variables are for another process.</summary>
    /// <param name="get">Returns a variable.</param>
    /// <param name="processId">The id of this process.</param>
    /// <param name="getInode">Returns the inode of the pidfd of this process, which no later process has; null if the system
    /// has none.</param>
    /// <exception cref="InvalidOperationException">A variable is invalid.</exception>
    public static IReadOnlyList<string> Parse(Func<string, string?> get, int processId, Func<ulong?> getInode)
    {
        if (get(Process) is not { Length: > 0 } process || get(Count) is not { Length: > 0 } text)
            return [];
        if (Number(Process, process, int.MaxValue) != (ulong)processId)
            return []; // A parent's, which did not remove them.
        if (get(Inode) is { Length: > 0 } inode && Number(Inode, inode, ulong.MaxValue) is var wanted
            && getInode() is { } own && wanted != own)
            return []; // Those of an ended process, whose id this one has got.
        var count = (int)Number(Count, text, MaxCount);
        var names = get(Names)?.Split(':') ?? [];
        if (names.Length > 0 && names.Length != count)
        {
            throw new InvalidOperationException(
                $"{Names} has {names.Length} names, but {Count} is {count}: pass a name for each descriptor, or none.");
        }

        return [.. Enumerable.Range(0, count).Select(i => names.Length > 0 && names[i].Length > 0 ? names[i] : Unnamed)];
    }

    /// <summary>Removes the variables, so that children do not take the descriptors for theirs.</summary>
    public static void Remove()
    {
        foreach (var name in (string[])[Process, Count, Names, Inode])
            Environment.SetEnvironmentVariable(name, null);
    }

    private static ulong Number(string variable, string text, ulong max) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max
            ? number
            : throw new InvalidOperationException(
                $"{variable} is \"{PrintableText.Escape(text)}\", which is not a number from 0 to {max}: systemd sets it, see "
                    + "sd_listen_fds(3).");
}
