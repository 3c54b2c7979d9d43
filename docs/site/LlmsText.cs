using System.Text;
using System.Text.RegularExpressions;

namespace Sockeye.Site;

/// <summary>
/// Writes llms.txt (llmstxt.org), which lists the pages for language models, in the order of guides/toc.yml: each as Markdown,
/// with its first paragraph.
/// </summary>
internal sealed partial class LlmsText(string root, string work)
{
    public void Write(SiteMap map)
    {
        var listed = Listed().ToList();
        CheckComplete(map, listed);
        var text = new StringBuilder("# Sockeye\n\n> TCP servers and clients for .NET 10: one connection model for both ends, in C#.\n");
        text.Append("\n## Guides\n\n");
        foreach (var page in listed)
        {
            var content = File.ReadAllText(Path.Combine(work, page));
            text.Append($"- [{PageWriter.Title(content)}]({page}): {FirstParagraph(content)}\n");
        }

        text.Append("\n## Samples\n\n");
        foreach (var sample in map.Samples)
            text.Append($"- [{Path.GetFileName(sample.Repository)}]({sample.Site})\n");
        text.Append("\n## Optional\n\n- [Architecture](project/architecture.md)\n- [Changelog](project/changelog.md)\n");
        File.WriteAllText(Path.Combine(work, "llms.txt"), text.ToString());
    }

    private static void CheckComplete(SiteMap map, List<string> listed)
    {
        var all = map.Pages.Select(page => page.Site).Where(page => page.StartsWith("guides/", StringComparison.Ordinal));
        var missing = all.Except(listed, StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            throw new InvalidDataException($"docs/site/guides/toc.yml does not list {string.Join(", ", missing)}.");
    }

    private static string FirstParagraph(string text)
    {
        var paragraph = text.Split("\n\n").Skip(1).First(part => part.Length > 0 && char.IsLetter(part[0]));
        return Link().Replace(paragraph, "$1").Replace('\n', ' ').Trim();
    }

    private IEnumerable<string> Listed() => Entry()
        .Matches(File.ReadAllText(Path.Combine(root, "docs", "site", "guides", "toc.yml")))
        .Select(match => $"guides/{match.Groups[1].Value}");

    [GeneratedRegex(@"href: (\S+\.md)")]
    private static partial Regex Entry();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Link();
}
