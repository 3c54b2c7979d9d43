using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Every C# block of the documents compiles as a program of its own, unless an HTML comment before it says otherwise:
/// <c>&lt;!-- sample: samples/echo.cs --&gt;</c>, a quotation of a sample; <c>&lt;!-- file: Server/Program.cs --&gt;</c>, a file
/// that the reader writes, which compiles with the types of the other files of its page;
/// <c>&lt;!-- not compiled: why --&gt;</c>, for packages that are not at hand here.
/// The analyzers report nothing in it, except for the rule of <c>&lt;!-- reports: SOCK001 --&gt;</c>.
/// </summary>
public sealed partial class DocumentedCodeTests
{
    private const string Simulated = "Sockeye.Testing.SimulatedNetwork.Run(1, network => Task.Delay(1));";

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
    [InlineData("<!-- not compiled: no package -->\n```csharp\nint i = Missing;\n```", null)]
    [InlineData("<!-- not compiled: -->\n```csharp\nint i = Missing;\n```", "Test.md:3: CS0103")]
    [InlineData("<!-- file: A.cs -->\n```csharp\nclass A;\n```\n\n<!-- file: P.cs -->\n```csharp\n_ = new A();\n```", null)]
    [InlineData("<!-- file: A.cs -->\n```csharp\nclass A;\n```\n\n```csharp\n_ = new A();\n```", "Test.md:7: CS0246")]
    [InlineData($"```csharp\n{Simulated}\n```", "Test.md:2: SOCK004")]
    [InlineData($"<!-- reports: SOCK004 -->\n```csharp\n{Simulated}\n```", null)]
    [InlineData($"<!-- reports: SOCK001 -->\n```csharp\n{Simulated}\n```", "Test.md:3: SOCK004")]
    [InlineData("<!-- reports: SOCK001 -->\n```csharp\nConsole.WriteLine(1);\n```", "Test.md:2: SOCK001 is not reported")]
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
        var blocks = file.CodeBlocks.ToList();
        var files = blocks.Where(block => block.Language == "csharp" && WrittenFile().IsMatch(block.Note)).ToList();
        foreach (var block in blocks)
        {
            if (block.Language is "c#" or "cs" or "C#")
                findings.Add(file.Path, block.Line, $"'{block.Language}' is not checked: say csharp.");
            else if (block.Language != "csharp" || NotCompiled().IsMatch(block.Note))
                continue;
            else if (Quotation().Match(block.Note) is { Success: true } quotation)
                CheckQuotation(file, block, quotation.Groups["path"].Value, findings);
            else
                CheckProgram(file, block, files.Contains(block) ? [.. files.Where(other => other != block)] : [], findings);
        }
    }

    private static void CheckQuotation(MarkdownFile file, CodeBlock block, string path, Findings findings)
    {
        if (!File.Exists(Repository.FullPath(path)))
            findings.Add(file.Path, block.Line, $"there is no {path} to quote.");
        else if (block.Text != WithoutDirectives(Repository.Read(path)))
            findings.Add(file.Path, block.Line, $"differs from {path}: copy all of it but its #: lines.");
    }

    private static void CheckProgram(MarkdownFile file, CodeBlock block, List<CodeBlock> others, Findings findings)
    {
        var types = others.Select((other, index) => new RepositoryFile($"{file.Path}-{index}", other.Text));
        // The compiler's line 1 is the line after the fence.
        var compilation = CSharp.CompileProgram(new(file.Path, block.Text), types);
        var expected = Report().Match(block.Note).Groups["id"].Value;
        var reports = PackageAnalyzers.Run(compilation).Where(one => one.Location.SourceTree?.FilePath == file.Path).ToList();
        foreach (var complaint in compilation.Complaints().Concat(reports.Where(report => report.Id != expected)))
            findings.Add(file.Path, block.Line + complaint.Location.LineNumber(), $"{complaint.Id}: {complaint.GetMessage()}");
        if (expected != "" && !reports.Exists(report => report.Id == expected))
            findings.Add(file.Path, block.Line, $"{expected} is not reported.");
    }

    private static string WithoutDirectives(RepositoryFile sample) =>
        string.Join('\n', sample.Lines.Where(line => !line.StartsWith("#:", StringComparison.Ordinal)));

    [GeneratedRegex("^<!-- reports: (?<id>SOCK[0-9]{3}) -->$")]
    private static partial Regex Report();

    [GeneratedRegex(@"^<!-- sample: (?<path>\S+) -->$")]
    private static partial Regex Quotation();

    [GeneratedRegex(@"^<!-- file: \S+ -->$")]
    private static partial Regex WrittenFile();

    [GeneratedRegex(@"^<!-- not compiled: \w.* -->$")]
    private static partial Regex NotCompiled();
}
