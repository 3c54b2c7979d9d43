namespace Sockeye;

/// <summary>What a capture asks of the file system.</summary>
internal class CaptureFolder
{
    public static CaptureFolder Real { get; } = new();

    /// <summary>A new file that only its owner can read.</summary>
    /// <exception cref="IOException">There is one, or it cannot be made.</exception>
    public virtual Stream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0, // What was written survives the process.
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    public virtual bool Exists(string path) => Path.Exists(path);

    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Full paths of the files that match a name with wildcards.</summary>
    public virtual IReadOnlyList<string> Find(string folder, string pattern) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal)] : [];

    /// <summary>What is there and is no file, but a named pipe or a device. Waits, as pipes do, until somebody reads.</summary>
    public virtual Stream? OpenPipe(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return null;
        if (path.StartsWith("/dev/", StringComparison.Ordinal))
            return Open(path, FileAccess.Write);
        FileStream hold;
        // Opened both ways a pipe waits for nobody, so one can look what it is.
        using (var probe = Open(path, FileAccess.ReadWrite))
        {
            if (probe.CanSeek)
                return null;
            hold = Open(path, FileAccess.Write);
        }

        // This one waits. A reader that came during the look must not see the end when the look is over: so one is held.
        using (hold)
            return Open(path, FileAccess.Write);
    }

    private static FileStream Open(string path, FileAccess access) =>
        new(path, FileMode.Open, access, FileShare.ReadWrite, bufferSize: 0);
}
