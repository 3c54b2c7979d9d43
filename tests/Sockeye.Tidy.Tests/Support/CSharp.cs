using System.Reflection;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Sockeye.Tidy.Tests.Support;

/// <summary>Compiles C# in memory as the projects of this repository do: same language, usings and generators.</summary>
internal static class CSharp
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    // Of programs that say "#:sdk Microsoft.NET.Sdk.Web".
    private const string WebUsings = """
        global using System.Net.Http.Json;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    // The feature makes the compiler accept the "#:" lines of single-file programs.
    private static readonly CSharpParseOptions ParseOptions =
        new CSharpParseOptions(LanguageVersion.CSharp14, DocumentationMode.None).WithFeatures([new("FileBasedProgram", "true")]);

    private static readonly Lazy<MetadataReference[]> References = new(LoadReferences);
    private static readonly Lazy<ISourceGenerator[]> Generators = new(LoadGenerators);

    public static SyntaxTree Parse(RepositoryFile file) => CSharpSyntaxTree.ParseText(file.Text, ParseOptions, file.Path);

    /// <summary>What a project of src is compiled from: its own files, the files of src/Shared that it names, and its global
    /// usings.</summary>
    public static IReadOnlyList<RepositoryFile> ProjectFiles(string name)
    {
        var project = XDocument.Parse(Repository.Read($"src/{name}/{name}.csproj").Text);
        var linked = Includes(project, "Compile")
            .Select(include => include.Replace("../", "src/", StringComparison.Ordinal))
            .SelectMany(path => Repository.Files(path[..path.LastIndexOf('/')], path[(path.LastIndexOf('/') + 1)..]));
        var usings = Includes(project, "Using").Select(include => $"global using {include};\n");
        return [.. Repository.Files($"src/{name}", "*.cs"), .. linked, new("src/Usings.cs", string.Concat(usings))];
    }

    /// <summary>
    /// Compiles the files of a project of src, under its name: against the built core, unless they are the core, and against
    /// everything outside this repository.
    /// </summary>
    public static Compilation CompileProject(string name, IEnumerable<RepositoryFile> files) =>
        Compile(
            name, [.. files.Select(Parse)], References.Value.Where(reference => !IsBuiltOn(reference, name)), allowUnsafe: true);

    /// <summary>Compiles one program, or one file of types when it has no statement of its own, against the built core.</summary>
    /// <param name="file">The program.</param>
    /// <param name="others">Other files, of which it may use the types; those that are programs themselves are left out.</param>
    public static Compilation CompileProgram(RepositoryFile file, IEnumerable<RepositoryFile>? others = null) =>
        Compile("Program", [Parse(file), .. (others ?? []).Select(Parse).Where(tree => !IsProgram(tree))], References.Value);

    /// <summary>What the compiler says against it: errors, and warnings too, since they are errors here.</summary>
    public static IReadOnlyList<Diagnostic> Complaints(this Compilation compilation) =>
        [.. compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)];

    public static int LineNumber(this Location location) => location.GetLineSpan().StartLinePosition.Line + 1;

    private static bool IsProgram(SyntaxTree tree) => tree.GetRoot().ChildNodes().OfType<GlobalStatementSyntax>().Any();

    private static IEnumerable<string> Includes(XDocument project, string item) => project.Descendants(item)
        .SelectMany(element => ((string?)element.Attribute("Include") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries));

    private static Compilation Compile(
        string name, SyntaxTree[] trees, IEnumerable<MetadataReference> references, bool allowUnsafe = false)
    {
        var isProgram = trees.Any(IsProgram);
        var options = new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            allowUnsafe: allowUnsafe,
            nullableContextOptions: NullableContextOptions.Enable,
            // Two versions of one assembly are unified by the runtime: no matter of the source.
            specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress), new("CS1702", ReportDiagnostic.Suppress)]);
        var isWeb = trees.Any(tree => tree.ToString().StartsWith("#:sdk Microsoft.NET.Sdk.Web", StringComparison.Ordinal));
        var text = isWeb ? $"{ImplicitUsings}\n{WebUsings}" : ImplicitUsings;
        var usings = CSharpSyntaxTree.ParseText(SourceText.From(text), ParseOptions);
        var compilation = CSharpCompilation.Create(name, [usings, .. trees], references, options);
        CSharpGeneratorDriver.Create(Generators.Value, parseOptions: ParseOptions)
            .RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        return generated;
    }

    /// <summary>Whether it is the project, or may use it: all use the core, and the tool uses all.</summary>
    private static bool IsBuiltOn(MetadataReference reference, string project) =>
        Path.GetFileNameWithoutExtension(reference.Display) is { } name
        && (name == project || (name.StartsWith("Sockeye", StringComparison.Ordinal)
            && (project == "Sockeye" || (name != "Sockeye" && project != "Sockeye.Cli"))));

    private static MetadataReference[] LoadReferences()
    {
        var trusted = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return [.. trusted.Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) != $"{typeof(CSharp).Assembly.GetName().Name}.dll")
            .Select(path => MetadataReference.CreateFromFile(path))];
    }

    private static ISourceGenerator[] LoadGenerators()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "generators");
        return [.. Directory.EnumerateFiles(folder, "*.dll")
            .SelectMany(path => new AnalyzerFileReference(path, new Loader()).GetGenerators(LanguageNames.CSharp))];
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
