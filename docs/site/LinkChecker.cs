using System.Net;
using System.Text.RegularExpressions;

namespace Sockeye.Site;

/// <summary>Checks that the links of built pages lead to files of the site, and to elements of these.</summary>
internal static partial class LinkChecker
{
    public static IReadOnlyList<string> Check(string site)
    {
        var pages = Directory.EnumerateFiles(site, "*.html", SearchOption.AllDirectories)
            .ToDictionary(page => Path.GetFullPath(page), File.ReadAllText, StringComparer.Ordinal);
        var anchors = pages.ToDictionary(
            page => page.Key, page => Anchor().Matches(page.Value).Select(match => match.Groups[1].Value).ToHashSet(),
            StringComparer.Ordinal);
        var links = pages.SelectMany(page => Target().Matches(page.Value)
            .Select(match => (Page: page.Key, Link: WebUtility.HtmlDecode(match.Groups[1].Value))));
        return
        [
            .. links.Where(link => IsBroken(link.Page, link.Link, anchors)).Distinct()
                .Select(link => $"{Path.GetRelativePath(site, link.Page)}: {link.Link} leads nowhere"),
        ];
    }

    private static bool IsBroken(string page, string link, Dictionary<string, HashSet<string>> anchors)
    {
        if (link.Length == 0 || link.Contains(':', StringComparison.Ordinal) || link.StartsWith("//", StringComparison.Ordinal))
            return false;
        var (path, anchor) = link.Split('#', 2) is [var before, var after] ? (before, after) : (link, "");
        var target = path.Length == 0
            ? page
            : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(path)));
        if (Directory.Exists(target))
            target = Path.Combine(target, "index.html");
        return !File.Exists(target)
            || (anchor.Length > 0 && anchors.TryGetValue(target, out var known) && !known.Contains(Uri.UnescapeDataString(anchor)));
    }

    [GeneratedRegex(@"\b(?:href|src)=""([^""]*)""")]
    private static partial Regex Target();

    [GeneratedRegex(@"\b(?:id|name)=""([^""]*)""")]
    private static partial Regex Anchor();
}
