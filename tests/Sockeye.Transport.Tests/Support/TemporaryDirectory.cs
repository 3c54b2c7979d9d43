namespace Sockeye.Transport.Tests.Support;

/// <summary>A directory for the files of Unix sockets, short enough for their 108 bytes (unix(7)), removed at the end.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    private int _last;

    public string Path { get; } = Directory.CreateTempSubdirectory("sockeye-").FullName;

    public string NewPath() => System.IO.Path.Combine(Path, $"{Interlocked.Increment(ref _last)}.sock");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
