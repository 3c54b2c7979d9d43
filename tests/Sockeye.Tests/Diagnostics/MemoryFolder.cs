namespace Sockeye.Tests.Diagnostics;

/// <summary>A folder in memory, which can be made to fail.</summary>
internal sealed class MemoryFolder : CaptureFolder
{
    private readonly SortedDictionary<string, MemoryStream> _files = new(StringComparer.Ordinal);

    /// <summary>The most files that were there at once.</summary>
    public int Most { get; private set; }

    /// <summary>Bytes that still fit; null: any number.</summary>
    public int? Room { get; set; }

    public IEnumerable<string> Names => _files.Keys.Select(path => Path.GetFileName(path));

    public IEnumerable<PcapngFile> Files => _files.Values.Select(file => PcapngFile.Parse(file.ToArray()));

    public byte[] Bytes(string name) => _files[Path.GetFullPath(name)].ToArray();

    public PcapngFile Read(string name) => PcapngFile.Parse(Bytes(name));

    public override Stream Create(string path)
    {
        if (_files.ContainsKey(path))
            throw new IOException($"{path} exists.");
        var file = new Growing(this);
        _files.Add(path, file);
        Most = Math.Max(Most, _files.Count);
        return file;
    }

    public override bool Exists(string path) => _files.ContainsKey(path);

    public override void Delete(string path) => _files.Remove(path);

    public override IReadOnlyList<string> Find(string folder, string pattern) =>
        [.. _files.Keys.Where(path => Path.GetDirectoryName(path) == folder)];

    public override Stream? OpenPipe(string path) => null;

    private sealed class Growing(MemoryFolder folder) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var fits = Math.Min(buffer.Length, folder.Room ?? buffer.Length);
            base.Write(buffer[..fits]);
            folder.Room -= fits;
            if (fits < buffer.Length)
                throw new IOException("No space left on device");
        }
    }
}
