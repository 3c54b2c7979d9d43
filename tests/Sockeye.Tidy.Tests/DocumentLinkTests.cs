using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>What a document points to exists: files, headings, and the tests that it says keep a rule.</summary>
public sealed partial class DocumentLinkTests
{
    [Fact]
    public void Relative_links_lead_to_a_file_and_a_heading()
    {
        var findings = new Findings();
        foreach (var file in MarkdownFile.All)
            CheckLinks(file, findings);
        findings.AssertNone();
    }

    [Fact]
    public void Named_tests_exist()
    {
        var tests = Repository.Files("tests", "*.cs")
            .SelectMany(file => CSharp.Parse(file).GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>())
            .Select(method => method.Parent is ClassDeclarationSyntax type ? $"{type.Identifier}.{method.Identifier}" : "")
            .ToHashSet();
        var classes = tests.Select(test => test.Split('.')[0]).ToHashSet();
        var findings = new Findings();
        foreach (var file in MarkdownFile.All)
        {
            foreach (var (line, text) in file.InlineCode.Where(code => TestName().IsMatch(code.Text)))
            {
                if (!(text.Contains('.') ? tests : classes).Contains(text))
                    findings.Add(file.Path, line, $"there is no test {text}: name the one that keeps what is said here.");
            }
        }

        findings.AssertNone();
    }

    [Theory]
    [InlineData("[a](README.md)", true)]
    [InlineData("[a](no-such-file.md)", false)]
    [InlineData("[a](readme.md)", false)]
    [InlineData("[a](src/)", true)]
    [InlineData("[a](../outside.md)", false)]
    [InlineData("[a](https://example.com/no-such-file)", true)]
    [InlineData("[a](#a-heading-of-its-own)", true)]
    [InlineData("[a](#another)", false)]
    public void Broken_link_is_found(string markdown, bool isWhole)
    {
        var findings = new Findings();
        CheckLinks(new(new("Test.md", $"# A heading, of its own\n\n{markdown}\n")), findings);
        Assert.Equal(isWhole, findings.All.Count == 0);
    }

    private static void CheckLinks(MarkdownFile file, Findings findings)
    {
        foreach (var (line, link) in file.Links)
        {
            if (link.Contains("://", StringComparison.Ordinal) || link.StartsWith("mailto:", StringComparison.Ordinal))
                continue;
            var (path, anchor) = link.Split('#', 2) is [var before, var after] ? (before, after) : (link, null);
            var target = path == "" ? file.Path : Resolve(file.Path, path);
            if (path != "" && !Exists(target))
                findings.Add(file.Path, line, $"{link}: there is no {target}. Upper and lower case count.");
            else if (anchor is not null && !AnchorsOf(file, target).Contains(anchor))
                findings.Add(file.Path, line, $"{link}: no heading of {target} has the anchor #{anchor}.");
        }
    }

    private static IEnumerable<string> AnchorsOf(MarkdownFile file, string target) =>
        target == file.Path ? file.Anchors : MarkdownFile.All.FirstOrDefault(other => other.Path == target)?.Anchors ?? [];

    private static string Resolve(string from, string path) =>
        Path.GetRelativePath(Repository.Root, Repository.FullPath(Path.Combine(Path.GetDirectoryName(from)!, path)))
            .Replace('\\', '/').TrimEnd('/');

    // Asks the folder, not the file: some file systems do not tell README.md from readme.md, GitHub does.
    private static bool Exists(string path) =>
        !path.StartsWith("..", StringComparison.Ordinal) &&
        Directory.Exists(Path.GetDirectoryName(Repository.FullPath(path))) &&
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Repository.FullPath(path))!)
            .Any(entry => Path.GetFileName(entry) == Path.GetFileName(path));

    [GeneratedRegex(@"^[A-Z]\w+Tests(\.\w+)?$")]
    private static partial Regex TestName();
}
