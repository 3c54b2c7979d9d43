namespace Sockeye.Tidy.Tests.Support;

/// <summary>A text file of the repository. Its path is relative to the root, with slashes.</summary>
internal sealed record RepositoryFile(string Path, string Text)
{
    public string[] Lines => Text.ReplaceLineEndings("\n").Split('\n');
}

/// <summary>The files that people write: what is built, hidden or found by a restore is left out.</summary>
internal static class Repository
{
    private static readonly string[] BuiltFolders = ["bin", "obj", "artifacts", "TestResults"];

    public static string Root { get; } = FindRoot();

    public static string FullPath(string path) => Path.GetFullPath(Path.Combine(Root, path));

    public static RepositoryFile Read(string path) => new(path, File.ReadAllText(FullPath(path)));

    /// <summary>Files below <paramref name="folder"/> ("" for all), in a stable order; none without such a folder.</summary>
    public static IReadOnlyList<RepositoryFile> Files(string folder, string pattern)
    {
        var start = new DirectoryInfo(FullPath(folder));
        return start.Exists ? [.. Walk(start, pattern).Order(StringComparer.Ordinal).Select(Read)] : [];
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder, string pattern)
    {
        foreach (var file in folder.EnumerateFiles(pattern))
            yield return Path.GetRelativePath(Root, file.FullName).Replace('\\', '/');

        foreach (var child in folder.EnumerateDirectories())
        {
            if (child.Name.StartsWith('.') || BuiltFolders.Contains(child.Name))
                continue;
            foreach (var file in Walk(child, pattern))
                yield return file;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sockeye.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException(
            $"No folder above {AppContext.BaseDirectory} holds Sockeye.slnx: run these tests inside a checkout.");
    }
}
