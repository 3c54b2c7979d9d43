namespace Sockeye;

/// <summary>The file system as a capture uses it.</summary>
internal class CaptureFolder
{
    public static CaptureFolder Real { get; } = new();

    /// <summary>Creates a file that only its owner can read.</summary>
    /// <exception cref="IOException">The file exists, or cannot be created.</exception>
    public virtual Stream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0, // Unbuffered, so that written bytes survive a crash of the process.
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    public virtual bool Exists(string path) => Path.Exists(path);

    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Returns the full paths of the files that match a name with wildcards.</summary>
    public virtual IReadOnlyList<string> Find(string folder, string pattern) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal)] : [];

    /// <summary>Opens an existing named pipe or device. Waits until a named pipe has a reader. Null for anything else.</summary>
    public virtual Stream? OpenPipe(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return null;
        if (path.StartsWith("/dev/", StringComparison.Ordinal))
            return Open(path, FileAccess.Write);
        FileStream writer;
        // Opening a pipe for both directions does not wait, so its kind can be checked.
        using (var probe = Open(path, FileAccess.ReadWrite))
        {
            if (probe.CanSeek)
                return null;
            writer = Open(path, FileAccess.Write);
        }

        // This open waits. The first one stays open until then, so that a reader that came during the check does not see the end.
        using (writer)
            return Open(path, FileAccess.Write);
    }

    private static FileStream Open(string path, FileAccess access) =>
        new(path, FileMode.Open, access, FileShare.ReadWrite, bufferSize: 0);
}
