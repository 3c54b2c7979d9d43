namespace Sockeye;

/// <summary>The output of a capture: files, or one stream.</summary>
internal sealed class CaptureOutput
{
    private static readonly long CheckInterval = (long)TimeSpan.FromSeconds(1).TotalNanoseconds;

    private readonly CaptureFiles? _files;
    private Stream _stream;
    private long _checkedAt;

    private CaptureOutput(CaptureFiles? files, Stream stream, string name) => (_files, _stream, Name) = (files, stream, name);

    /// <summary>The name for the log.</summary>
    public string Name { get; private set; }

    /// <summary>The size of the current file.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the output is a file, so that writing waits only for the disk.</summary>
    public bool IsFile => _files is not null;

    public bool CanRotate => _files is { CanRotate: true };

    /// <exception cref="IOException">The file cannot be created, or exists.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be created.</exception>
    public static CaptureOutput ToFile(string path, WireCaptureOptions options, CaptureFolder folder)
    {
        path = Path.GetFullPath(path);
        if (folder.OpenPipe(path) is { } pipe)
            return new(null, pipe, path);
        var files = new CaptureFiles(folder, path, options.MaxFiles, options.Overwrite);
        var stream = files.OpenNext();
        return new(files, stream, files.Current);
    }

    public static CaptureOutput ToStream(Stream stream) => new(null, stream, $"a {stream.GetType().Name}");

    /// <summary>Writes whole blocks.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="now">The time in nanoseconds since 1970.</param>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> blocks, long now)
    {
        if (_files is null)
        {
            await _stream.WriteAsync(blocks);
            await _stream.FlushAsync();
        }
        else
        {
            if (now - _checkedAt >= CheckInterval)
                _files.ThrowIfGone();
            _checkedAt = Math.Max(_checkedAt, now);
            // Synchronous, because the writer occupies a thread of the pool anyway, and a simulation has only one thread.
            _stream.Write(blocks.Span);
        }

        Length += blocks.Length;
    }

    /// <summary>Ends the current file and starts the next.</summary>
    public async ValueTask RotateAsync()
    {
        await _stream.DisposeAsync();
        _stream = _files!.OpenNext();
        (Name, Length, _checkedAt) = (_files.Current, 0, 0);
    }

    public ValueTask CloseAsync() => _stream.DisposeAsync();

    /// <summary>Closes after an error. The file ends with a whole block if possible.</summary>
    public async ValueTask AbandonAsync()
    {
        try
        {
            if (_files is not null)
                _stream.SetLength(Length);
            await _stream.DisposeAsync();
        }
        catch (Exception)
        {
            // The first error is the cause, and is logged.
        }
    }
}
