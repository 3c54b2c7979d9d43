using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Every C# block of the documents compiles: either as a program of its own, or as the quotation of a sample, which an HTML
/// comment before it names: <c>&lt;!-- sample: samples/echo.cs --&gt;</c>.
/// </summary>
public sealed partial class DocumentedCodeTests
{
    [Fact]
    public void Code_in_documents_compiles_or_quotes_a_sample()
    {
        var findings = new Findings();
        foreach (var file in MarkdownFile.All)
            Check(file, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("```csharp\nConsole.WriteLine(1);\n```", null)]
    [InlineData("```csharp\nclass A;\n```", null)]
    [InlineData("text\n\n```csharp\nint i = 1;\nint j = \"\";\n```", "Test.md:5: CS0029")]
    [InlineData("```c#\nint i = \"\";\n```", "Test.md:1: 'c#'")]
    [InlineData("<!-- sample: samples/none.cs -->\n```csharp\nclass A;\n```", "Test.md:2: there is no samples/none.cs")]
    [InlineData("<!-- sample: samples/echo.cs -->\n```csharp\nclass A;\n```", "Test.md:2: differs from samples/echo.cs")]
    public void Code_that_does_not_hold_is_found(string markdown, string? expected)
    {
        var findings = new Findings();
        Check(new(new("Test.md", markdown)), findings);

        if (expected is null)
            Assert.Empty(findings.All);
        else
            Assert.Contains(findings.All, finding => finding.StartsWith(expected, StringComparison.Ordinal));
    }

    private static void Check(MarkdownFile file, Findings findings)
    {
        foreach (var block in file.CodeBlocks)
        {
            if (block.Language is "c#" or "cs" or "C#")
                findings.Add(file.Path, block.Line, $"'{block.Language}' is not checked: say csharp.");
            else if (block.Language == "csharp" && Quotation().Match(block.Note) is { Success: true } quotation)
                CheckQuotation(file, block, quotation.Groups["path"].Value, findings);
            else if (block.Language == "csharp")
                CheckProgram(file, block, findings);
        }
    }

    private static void CheckQuotation(MarkdownFile file, CodeBlock block, string path, Findings findings)
    {
        if (!File.Exists(Repository.FullPath(path)))
            findings.Add(file.Path, block.Line, $"there is no {path} to quote.");
        else if (block.Text != WithoutDirectives(Repository.Read(path)))
            findings.Add(file.Path, block.Line, $"differs from {path}: copy all of it but its #: lines.");
    }

    private static void CheckProgram(MarkdownFile file, CodeBlock block, Findings findings)
    {
        // The compiler's line 1 is the line after the fence.
        foreach (var complaint in CSharp.CompileProgram(new(file.Path, block.Text)).Complaints())
            findings.Add(file.Path, block.Line + complaint.Location.LineNumber(), $"{complaint.Id}: {complaint.GetMessage()}");
    }

    private static string WithoutDirectives(RepositoryFile sample) =>
        string.Join('\n', sample.Lines.Where(line => !line.StartsWith("#:", StringComparison.Ordinal)));

    [GeneratedRegex(@"^<!-- sample: (?<path>\S+) -->$")]
    private static partial Regex Quotation();
}
