using System.Text.RegularExpressions;

namespace Sockeye;

/// <summary>The files of a capture: names them, and deletes old ones.</summary>
internal sealed class CaptureFiles
{
    private readonly CaptureFolder _folder;
    private readonly string _path;
    private readonly int _maxFiles;
    private readonly Queue<string> _kept = new();
    private int _number;

    /// <exception cref="IOException">A file of that name exists, and may not be replaced.</exception>
    public CaptureFiles(CaptureFolder folder, string path, int maxFiles, bool overwrite)
    {
        (_folder, _path, _maxFiles) = (folder, path, maxFiles);
        foreach (var existing in FindExisting())
        {
            if (!overwrite)
            {
                throw new IOException(
                    $"{existing} exists already: choose another name for the capture, or set Overwrite to delete it.");
            }

            folder.Delete(existing);
        }
    }

    /// <summary>The current file.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Whether another file may follow.</summary>
    public bool CanRotate => _maxFiles > 1;

    /// <summary>Opens the next file. Deletes the oldest one first, so that the number of files stays within its limit.</summary>
    public Stream OpenNext()
    {
        while (_kept.Count >= _maxFiles)
            _folder.Delete(_kept.Dequeue());
        _number++;
        Current = CanRotate ? Numbered($"{_number:D5}") : _path;
        var stream = _folder.Create(Current);
        _kept.Enqueue(Current);
        return stream;
    }

    /// <exception cref="IOException">The file was removed, and bytes written to it are lost.</exception>
    public void ThrowIfGone()
    {
        if (!_folder.Exists(Current))
            throw new FileNotFoundException($"{Current} was removed during the capture.", Current);
    }

    private IReadOnlyList<string> FindExisting()
    {
        if (!CanRotate)
            return _folder.Exists(_path) ? [_path] : [];
        // The wildcard also finds names that are not numbers.
        var name = new Regex($"^{Regex.Escape(Stem)}-[0-9]{{5,}}{Regex.Escape(Path.GetExtension(_path))}$");
        return [.. _folder.Find(Folder, Path.GetFileName(Numbered("*"))).Where(file => name.IsMatch(Path.GetFileName(file)))];
    }

    private string Folder => Path.GetDirectoryName(_path)!;

    private string Stem => Path.GetFileNameWithoutExtension(_path);

    private string Numbered(string number) => Path.Combine(Folder, $"{Stem}-{number}{Path.GetExtension(_path)}");
}
