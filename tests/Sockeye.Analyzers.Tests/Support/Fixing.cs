extern alias CodeFixes;

using CodeFixes::Sockeye.Analyzers.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Text;

namespace Sockeye.Analyzers.Tests.Support;

/// <summary>Applies the code fix of what a rule reports first.</summary>
internal static class Fixing
{
    private static readonly CodeFixProvider[] Fixes =
    [
        .. typeof(AwaitFix).Assembly.GetTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(CodeFixProvider)))
            .Select(type => (CodeFixProvider)Activator.CreateInstance(type)!),
    ];

    /// <summary>Asserts that the fix makes one text from another, and that nothing is reported in the result.</summary>
    public static async Task AssertFixesAsync(string before, string after)
    {
        var fixedText = await FixAsync(before);

        Assert.Equal(after.ReplaceLineEndings("\n"), fixedText?.ReplaceLineEndings("\n"));
        Assert.Empty(await Analysis.RunAsync(after));
    }

    /// <summary>Returns the text after the fix; null if none is offered.</summary>
    public static async Task<string?> FixAsync(string text)
    {
        var diagnostic = (await Analysis.RunAsync(text))[0];
        using var workspace = new AdhocWorkspace();
        var document = CreateDocument(workspace, text);
        var actions = new List<CodeAction>();
        foreach (var fix in Fixes.Where(fix => fix.FixableDiagnosticIds.Contains(diagnostic.Id)))
        {
            await fix.RegisterCodeFixesAsync(
                new(document, diagnostic, (action, _) => actions.Add(action), TestContext.Current.CancellationToken));
        }

        if (actions.Count == 0)
            return null;
        var operations = await Assert.Single(actions).GetOperationsAsync(TestContext.Current.CancellationToken);
        var changed = operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document.Id)!;
        var formatted = await Formatter.FormatAsync(
            changed, Formatter.Annotation, cancellationToken: TestContext.Current.CancellationToken);
        return (await formatted.GetTextAsync(TestContext.Current.CancellationToken)).ToString();
    }

    private static Document CreateDocument(AdhocWorkspace workspace, string text)
    {
        var project = ProjectId.CreateNewId();
        var info = ProjectInfo.Create(
            project, VersionStamp.Default, "Program", "Program", LanguageNames.CSharp,
            compilationOptions: Analysis.Options(text), parseOptions: Analysis.ParseOptions,
            metadataReferences: Analysis.References);
        workspace.AddProject(info);
        const string Usings = "global using System; global using System.Threading; global using System.Threading.Tasks;"
            + "global using System.Linq; global using System.Collections.Generic; global using System.IO;";
        workspace.AddDocument(project, "Usings.cs", SourceText.From(Usings));
        return workspace.AddDocument(project, "Program.cs", SourceText.From(text));
    }
}
