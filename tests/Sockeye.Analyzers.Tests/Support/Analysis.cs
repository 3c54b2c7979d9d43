using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Sockeye.Analyzers.Tests.Support;

/// <summary>Compiles programs against the built assemblies of Sockeye and runs the analyzers over them.</summary>
internal static class Analysis
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>Shares the symbols of the references between tests.</summary>
    private static readonly Lazy<CSharpCompilation> Empty = new(() =>
    {
        var empty = CSharpCompilation.Create("Program", [], References, Options());
        empty.GetSpecialType(SpecialType.System_Object);
        return empty;
    });

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.None);

    public static ImmutableArray<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static ImmutableArray<DiagnosticAnalyzer> Analyzers { get; } =
    [
        .. typeof(RuleIds).Assembly.GetTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(DiagnosticAnalyzer)))
            .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!),
    ];

    /// <summary>Returns what the rules report in files. A file with an error fails the test.</summary>
    public static async Task<ImmutableArray<Diagnostic>> RunAsync(params string[] files)
    {
        var compilation = Compile(files);
        var errors = compilation.GetDiagnostics().Where(one => one.Severity is DiagnosticSeverity.Error).ToArray();
        Assert.True(errors.Length == 0, string.Join(Environment.NewLine, errors.Select(error => error.ToString())));
        return [.. (await AnalyzeAsync(compilation)).OrderBy(one => one.Location.SourceSpan.Start)];
    }

    /// <summary>Runs the analyzers over a file that may have errors. An analyzer that throws fails the test.</summary>
    public static Task EditAsync(string text) => AnalyzeAsync(Compile(text));

    /// <summary>Asserts that the rule, and no other, reports exactly what [| and |] mark.</summary>
    public static async Task AssertReportsAsync(string id, string marked)
    {
        var code = MarkedCode.Parse(marked);
        var found = await RunAsync(code.Text);

        Assert.Equal(
            code.Marks.Select(mark => (id, code.Text.Substring(mark.Start, mark.Length), mark.Start)),
            found.Select(one => (one.Id, one.Location.SourceTree!.ToString().Substring(
                one.Location.SourceSpan.Start, one.Location.SourceSpan.Length), one.Location.SourceSpan.Start)));
    }

    public static CSharpCompilationOptions Options(params string[] files) => new(
        files.Any(text => CSharpSyntaxTree.ParseText(text, ParseOptions).GetCompilationUnitRoot().Members
            .Any(member => member.IsKind(SyntaxKind.GlobalStatement)))
            ? OutputKind.ConsoleApplication
            : OutputKind.DynamicallyLinkedLibrary,
        nullableContextOptions: NullableContextOptions.Enable);

    private static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(CSharpCompilation compilation)
    {
        var found = await compilation.WithAnalyzers(Analyzers).GetAnalyzerDiagnosticsAsync();
        Assert.DoesNotContain(found, one => one.Id.StartsWith("AD", StringComparison.Ordinal));
        return found;
    }

    private static CSharpCompilation Compile(params string[] files)
    {
        var trees = files.Prepend(ImplicitUsings).Select((text, i) => CSharpSyntaxTree.ParseText(text, ParseOptions, $"{i}.cs"));
        return Empty.Value.WithOptions(Options(files)).AddSyntaxTrees(trees);
    }
}
