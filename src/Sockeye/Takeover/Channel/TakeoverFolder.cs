namespace Sockeye;

/// <summary>Checks the folder of the socket: a user who can write there can put another socket at the path.</summary>
internal static class TakeoverFolder
{
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <exception cref="IOException">Others can write there, or it does not exist.</exception>
    public static void ThrowIfUnsafe(string path)
    {
        if (OperatingSystem.IsWindows())
            return; // UseTakeover has refused it.
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        UnixFileMode mode;
        try
        {
            mode = File.GetUnixFileMode(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, $"its folder {UnixPathText.Shown(folder)} cannot be read "
                + $"({SentenceText.TrimFullStop(e.Message)})", e);
        }

        if ((mode & WritableByOthers) != 0)
        {
            throw Refuse(path, $"others can write its folder {UnixPathText.Shown(folder)} (mode "
                + $"{Convert.ToString((int)mode, 8)}), and could put another socket there");
        }

        if (PathEntry.ReadOwner(folder) is { } owner && owner != 0 && owner != PeerCredentials.OwnUserId)
        {
            throw Refuse(path, $"its folder {UnixPathText.Shown(folder)} belongs to the user {owner}, who could put another "
                + "socket there");
        }
    }

    private static IOException Refuse(string path, string problem, Exception? inner = null) => new(
        $"Cannot take over at {UnixPathText.Shown(path)}: {problem}. Use a folder that only this user can write, as "
            + $"mkdir -m 700 makes one, or RuntimeDirectory= of systemd.", inner);
}
