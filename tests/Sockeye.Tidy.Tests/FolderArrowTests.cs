using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Keeps the folders of the core in layers: Connections ← Sockets ← Server, Client ← features. Reads the meaning of the
/// code, not its text, since all folders share one namespace.
/// </summary>
public sealed class FolderArrowTests
{
    private const string Core = "src/Sockeye/";

    /// <summary>What each folder may use. A new folder gets a line here; a new arrow gets a reason beside it.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Text"] = [],
        ["Connections"] = [],
        // Text: a path or a host is refused in the same words wherever it is written.
        ["Sockets"] = ["Text", "Connections"],
        ["Server"] = ["Text", "Connections", "Sockets"],
        ["Client"] = ["Text", "Connections", "Sockets"],
        ["Framing"] = ["Connections", "Sockets", "Server", "Client"],
        ["Limits"] = ["Connections", "Sockets", "Server", "Client"],
        ["Diagnostics"] = ["Connections", "Sockets", "Server", "Client"],
        ["Tls"] = ["Connections", "Sockets", "Server", "Client"],
        ["ProxyProtocol"] = ["Connections", "Sockets", "Server", "Client"],
    };

    [Fact]
    public void Folders_of_the_core_use_only_the_folders_below_them() =>
        Check(Repository.Files("src/Sockeye", "*.cs")).AssertNone();

    [Fact]
    public void Use_of_a_folder_above_is_found_where_it_happens()
    {
        var findings = Check(
        [
            new("src/Sockeye/Connections/Low.cs", "class Low {\n object o = High.Make(); Low Own() => new(); }"),
            new("src/Sockeye/Server/High.cs", "class High { public static Low Make() => new(); }"),
        ]);

        Assert.Equal(["High", "Make"], NamesIn(findings));
        Assert.All(findings.All, finding => Assert.StartsWith("src/Sockeye/Connections/Low.cs:2: ", finding));
    }

    [Fact]
    public void Use_is_found_without_a_name_and_in_an_extension_member()
    {
        var findings = Check(
        [
            new("src/Sockeye/Client/Uses.cs", "class Uses { int i = 1.Twice; Box? b = Box.None ?? new(); }"),
            new("src/Sockeye/Limits/Twice.cs", "static class E { extension(int i) { public int Twice => i * 2; } }"),
            new("src/Sockeye/Framing/Box.cs", "class Box { public static Box? None => null; }"),
        ]);

        Assert.Equal(["Twice", "Box", "Box", "None", "Box"], NamesIn(findings));
    }

    [Theory]
    [InlineData("src/Sockeye/Stray.cs", "class Stray;", "needs a folder")]
    [InlineData("src/Sockeye/Novel/New.cs", "class New;", "no line for it")]
    public void File_outside_the_layers_is_found(string path, string text, string expected) =>
        Assert.Contains(expected, Assert.Single(Check([new(path, text)]).All), StringComparison.Ordinal);

    private static IEnumerable<string> NamesIn(Findings findings) => findings.All.Select(finding => finding.Split('\'')[1]);

    private static Findings Check(IReadOnlyList<RepositoryFile> files)
    {
        var findings = new Findings();
        var compilation = CSharp.CompileCore(files);
        foreach (var error in compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            findings.Add(error.Location.SourceTree?.FilePath ?? Core, error.Location.LineNumber(),
                $"{error.Id}: {error.GetMessage()}. Arrows cannot be read in code that does not compile.");

        foreach (var tree in compilation.SyntaxTrees.Where(tree => tree.FilePath.StartsWith(Core, StringComparison.Ordinal)))
            CheckFile(tree, compilation.GetSemanticModel(tree), findings);
        return findings;
    }

    private static void CheckFile(SyntaxTree tree, SemanticModel model, Findings findings)
    {
        var root = tree.GetRoot();
        if (Folder(tree) is not { } folder)
        {
            // Attributes of the assembly are the only thing without a folder.
            if (root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().FirstOrDefault() is { } type)
                findings.Add(tree.FilePath, type.GetLocation().LineNumber(), $"'{type.Identifier}' needs a folder of {Core}.");
        }
        else if (!MayUse.TryGetValue(folder, out var allowed))
        {
            findings.Add(tree.FilePath, 1,
                $"'{folder}' is a new folder and {nameof(MayUse)} in this test has no line for it: say what it may use.");
        }
        else
        {
            foreach (var node in root.DescendantNodes())
            {
                if (node is SimpleNameSyntax or BaseObjectCreationExpressionSyntax
                    && model.GetSymbolInfo(node).Symbol is { } symbol
                    && Folder(symbol) is { } used && used != folder && !allowed.Contains(used))
                {
                    findings.Add(tree.FilePath, node.GetLocation().LineNumber(),
                        $"'{Name(symbol)}' is of {used}, which {folder} must not know: move it below, or hand it in from above.");
                }
            }
        }
    }

    private static string Name(ISymbol symbol) =>
        symbol is IMethodSymbol { MethodKind: MethodKind.Constructor } ? symbol.ContainingType.Name : symbol.Name;

    private static string? Folder(ISymbol symbol)
    {
        if (symbol is not (INamedTypeSymbol or IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol))
            return null;
        var declared = ((symbol as IMethodSymbol)?.ReducedFrom ?? symbol).OriginalDefinition;
        // A constructor nobody wrote is declared where its type is.
        if (declared.IsImplicitlyDeclared)
            declared = declared.ContainingType ?? declared;
        return declared.DeclaringSyntaxReferences
            .Select(reference => Folder(reference.SyntaxTree))
            .FirstOrDefault(folder => folder is not null);
    }

    private static string? Folder(SyntaxTree tree) =>
        tree.FilePath.StartsWith(Core, StringComparison.Ordinal) && tree.FilePath[Core.Length..].Split('/') is [var folder, _, ..]
            ? folder
            : null;
}
