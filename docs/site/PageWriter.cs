using System.Text;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Sockeye.Site;

/// <summary>Writes the pages of the repository to WORK, in the folders of the site, with links that lead to the pages there.</summary>
internal sealed class PageWriter(string root, string work)
{
    private readonly SiteMap _map = new(root);

    public void WriteAll()
    {
        foreach (var page in _map.Pages)
            Write(page.Site, Rewrite(Read(page.Repository), page));
        foreach (var sample in _map.Samples)
            Write(sample.Site, $"# {Path.GetFileName(sample.Repository)}\n\n```csharp\n{Read(sample.Repository)}```\n");
        foreach (var file in _map.Files)
            File.Copy(Path.Combine(root, file.Repository), Prepare(file.Site));
        Write("samples/toc.yml", Contents(_map.Samples));
        Write("decisions/toc.yml", Contents(_map.Decisions));
        new LlmsText(root, work).Write(_map);
    }

    /// <summary>The heading of a page.</summary>
    public static string Title(string text) =>
        text.Split('\n').First(line => line.StartsWith("# ", StringComparison.Ordinal))[2..];

    private static string Relative(string from, string to) =>
        Path.GetRelativePath(Path.Combine("/", Path.GetDirectoryName(from)!), Path.Combine("/", to)).Replace('\\', '/');

    private string Contents(IEnumerable<SitePage> pages) => string.Concat(pages.Select(page =>
        $"- name: \"{Title(File.ReadAllText(Path.Combine(work, page.Site))).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n"
        + $"  href: {Path.GetFileName(page.Site)}\n"));

    /// <summary>
    /// Replaces the targets of links, and labels that name a file by the title of its page. A link to a file or a folder that the
    /// site does not show becomes plain text.
    /// </summary>
    private string Rewrite(string text, SitePage page)
    {
        var pipeline = new MarkdownPipelineBuilder().UsePreciseSourceLocation().UsePipeTables().Build();
        var rewritten = new StringBuilder(text);
        var links = Markdown.Parse(text, pipeline).Descendants<LinkInline>()
            .Where(link => link.Url is { } url && !url.StartsWith('#') && !url.Contains(':', StringComparison.Ordinal));
        foreach (var link in links.OrderByDescending(link => link.Span.Start))
        {
            var (path, anchor) = link.Url!.Split('#') is [var before, var after] ? (before, $"#{after}") : (link.Url!, "");
            var folder = Path.GetDirectoryName(page.Repository)!;
            var target = Path.GetRelativePath(root, Path.GetFullPath(Path.Combine(root, folder, path))).Replace('\\', '/');
            var site = _map.Find(target);
            var label = text[(link.Span.Start + (link.IsImage ? 2 : 1))..(link.UrlSpan.Start - 2)];
            if (site is not null && label.EndsWith(".md", StringComparison.Ordinal))
                label = Title(Read(target));
            rewritten.Remove(link.Span.Start, link.Span.Length);
            rewritten.Insert(link.Span.Start, site is null
                ? label
                : $"{(link.IsImage ? "!" : "")}[{label}]({Relative(page.Site, site)}{anchor})");
        }

        return rewritten.ToString();
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(root, path));

    private void Write(string path, string text) => File.WriteAllText(Prepare(path), text);

    private string Prepare(string path)
    {
        var full = Path.Combine(work, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }
}
