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
        if (!path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            // Opened both ways a pipe waits for nobody, so one can look what it is.
            using var probe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            if (probe.CanSeek)
                return null;
        }

        return new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }
}
