namespace Sockeye.Site;

/// <summary>A file of the repository, and its path on the site. Both are relative, with slashes.</summary>
internal sealed record SitePage(string Repository, string Site);

/// <summary>The files of the repository that the site shows.</summary>
internal sealed class SiteMap
{
    private static readonly string[] Project = ["ARCHITECTURE", "CHANGELOG", "CONTRIBUTING", "SECURITY", "STYLE"];

    private readonly Dictionary<string, string> _sites;

    public SiteMap(string root)
    {
        Guides = [.. Find(root, "docs", "*.md").Select(path => new SitePage(path, $"guides{path["docs".Length..]}"))];
        Decisions = [.. Find(root, "docs/decisions", "*.md").Select(path => new SitePage(path, path["docs/".Length..]))];
        Samples = [.. Find(root, "samples", "*.cs").Select(path => new SitePage(path, Path.ChangeExtension(path, ".md")))];
        Others =
        [
            new("README.md", "index.md"),
            .. Find(root, "docs/migrate", "*.md").Select(path => new SitePage(path, $"guides{path["docs".Length..]}")),
            .. Project.Select(name => new SitePage($"{name}.md", $"project/{name.ToLowerInvariant()}.md")),
        ];
        Files =
        [
            new("LICENSE", "project/license.txt"),
            new("src/Shared/Page/icon.svg", "icon.svg"),
            .. Find(root, "docs/pictures", "*.svg").Select(path => new SitePage(path, $"guides{path["docs".Length..]}")),
            .. Find(root, "dashboards", "*").Select(path => new SitePage(path, path)),
        ];
        _sites = Pages.Concat(Samples).Concat(Files).ToDictionary(
            page => page.Repository, page => page.Site, StringComparer.Ordinal);
    }

    public IReadOnlyList<SitePage> Guides { get; }

    public IReadOnlyList<SitePage> Decisions { get; }

    public IReadOnlyList<SitePage> Samples { get; }

    public IReadOnlyList<SitePage> Others { get; }

    public IReadOnlyList<SitePage> Files { get; }

    public IEnumerable<SitePage> Pages => [.. Guides, .. Decisions, .. Others];

    /// <summary>The path on the site; null if the site does not show the file.</summary>
    public string? Find(string repository) => _sites.GetValueOrDefault(repository);

    private static IEnumerable<string> Find(string root, string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(root, folder), pattern).Order(StringComparer.Ordinal)
            .Select(path => $"{folder}/{Path.GetFileName(path)}");
}
