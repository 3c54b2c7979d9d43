using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>What is in the repository is finished, and no error is dropped without a word.</summary>
public sealed partial class SourceTextTests
{
    private static IEnumerable<RepositoryFile> AllCode =>
        ((string[])["src", "tests", "samples", "bench"]).SelectMany(folder => Repository.Files(folder, "*.cs"))
        // Here the words stand as examples.
        .Where(file => !file.Path.EndsWith($"/{nameof(SourceTextTests)}.cs", StringComparison.Ordinal));

    [Fact]
    public void No_code_is_marked_as_unfinished()
    {
        var findings = new Findings();
        foreach (var file in AllCode)
            CheckMarks(file, findings);
        findings.AssertNone();
    }

    [Fact]
    public void Empty_catch_says_why()
    {
        var findings = new Findings();
        foreach (var file in AllCode)
            CheckCatches(file, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("// TODO: write", true)]
    [InlineData("/* A hack. */", false)]
    [InlineData("// HACK", true)]
    [InlineData("// Good enough for now.", true)]
    [InlineData("// Simplified: no IPv6.", true)]
    [InlineData("var todos = waitFor.Now();", false)]
    public void Mark_is_found(string code, bool expected)
    {
        var findings = new Findings();
        CheckMarks(new("a.cs", code), findings);
        Assert.Equal(expected, findings.All.Count == 1);
    }

    [Theory]
    [InlineData("catch { }", true)]
    [InlineData("catch (IOException) when (true) { }", true)]
    [InlineData("catch { } // outside", true)]
    [InlineData("catch { /* The peer is gone: nobody to tell. */ }", false)]
    [InlineData("catch {\n // The peer is gone: nobody to tell.\n }", false)]
    [InlineData("catch { return; }", false)]
    public void Empty_catch_is_found(string clause, bool expected)
    {
        var findings = new Findings();
        CheckCatches(new("a.cs", $"try {{ }} {clause}"), findings);
        Assert.Equal(expected, findings.All.Count == 1);
    }

    private static void CheckMarks(RepositoryFile file, Findings findings)
    {
        foreach (var (index, line) in file.Lines.Index())
        {
            if (Mark().Match(line) is { Success: true, Value: var mark })
                findings.Add(file.Path, index + 1, $"'{mark}': finish it, or write an issue and take the mark out.");
        }
    }

    private static void CheckCatches(RepositoryFile file, Findings findings)
    {
        foreach (var clause in CSharp.Parse(file).GetRoot().DescendantNodes().OfType<CatchClauseSyntax>())
        {
            var inside = clause.Block.OpenBraceToken.TrailingTrivia.Concat(clause.Block.CloseBraceToken.LeadingTrivia);
            if (clause.Block.Statements.Count == 0 && !inside.Any(IsComment))
                findings.Add(file.Path, clause.GetLocation().LineNumber(), "empty catch: handle it, or say inside why not.");
        }
    }

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|[Ff]or now|[Ss]implified)\b")]
    private static partial Regex Mark();
}
