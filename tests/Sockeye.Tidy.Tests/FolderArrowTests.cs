using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Keeps the folders of each project in layers. Reads the meaning of the code, not its text, since all folders of a project share
/// one namespace.
/// </summary>
public sealed class FolderArrowTests
{
    /// <summary>
    /// What each folder may use: only folders above its own line. A new folder gets a line here; a new arrow gets a reason beside
    /// it. The line "" is for files outside the folders; a project without it has none.
    /// </summary>
    private static readonly Dictionary<string, (string Folder, string[] MayUse)[]> Projects = new()
    {
        ["Sockeye"] =
        [
            ("Pipes", []),
            ("Lifecycle", []),
            ("Connections", ["Pipes", "Lifecycle"]),
            ("Sockets", ["Pipes", "Connections"]),
            ("Streams", ["Connections"]),
            ("Monitoring", ["Connections"]),
            ("Moving", ["Connections"]),
            // Moving: a server detaches and attaches connections.
            ("Server", ["Connections", "Sockets", "Monitoring", "Moving"]),
            // Monitoring: the worst sign of saturation is the status of the unit.
            // Moving: connections wait in the descriptor store while the service restarts.
            ("Systemd", ["Connections", "Sockets", "Monitoring", "Moving", "Server"]),
            // Monitoring: a takeover is measured. Moving: the connections of a server move to the next process.
            // Systemd: the next process is the main one of the service.
            ("Takeover", ["Connections", "Sockets", "Monitoring", "Moving", "Systemd", "Server"]),
            ("Client", ["Connections", "Sockets"]),
            // Moving: a handler of messages moves between two of them.
            ("Framing", ["Connections", "Sockets", "Moving", "Server", "Client"]),
            // Framing: a request and its response are messages.
            ("Conversations", ["Connections", "Sockets", "Server", "Client", "Framing"]),
            // Monitoring: a limit counts how often it keeps clients in the accept queue.
            // Moving: a limit does not refuse a connection that it let in before.
            ("Limits", ["Connections", "Sockets", "Monitoring", "Moving", "Server", "Client"]),
            ("Diagnostics", ["Connections", "Sockets", "Server", "Client"]),
            // Framing: a message connection shows the TLS data of its connection.
            ("Tls", ["Pipes", "Connections", "Sockets", "Server", "Client", "Framing"]),
            // Moving: the header moves with its connection.
            ("ProxyProtocol", ["Connections", "Sockets", "Moving", "Server", "Client"]),
            // Framing: a group of a cluster is a group of messages on each node.
            ("Clustering", ["Connections", "Sockets", "Server", "Client", "Framing"]),
        ],
        ["Sockeye.Linux"] =
        [
            ("Kernel", []),
            ("Engines", ["Kernel"]),
            ("Connections", ["Kernel", "Engines"]),
            ("Listening", ["Kernel", "Engines"]),
            ("Epoll", ["Kernel", "Engines", "Connections"]),
            ("IoUring", ["Kernel", "Engines", "Connections"]),
            ("", ["Kernel", "Engines", "Listening", "Epoll", "IoUring"]),
        ],
        ["Sockeye.Testing"] =
        [
            ("Loop", []),
            ("Tcp", ["Loop"]),
            ("Network", ["Loop", "Tcp"]),
            ("", ["Loop", "Network", "Tcp"]),
            // "": a bus connects the hosts of a network.
            ("Cluster", ["Loop", "Network", "Tcp", ""]),
        ],
        ["Sockeye.Cli"] =
        [
            ("Text", []),
            ("Exit", []),
            ("Streams", ["Text", "Exit"]),
            ("Logging", ["Text", "Streams"]),
            ("Input", ["Streams"]),
            ("Options", ["Text", "Exit", "Streams", "Logging", "Input"]),
            ("Dump", ["Text", "Streams"]),
            ("Proxy", ["Text", "Exit", "Options"]),
            ("Listen", ["Text", "Exit", "Streams", "Logging", "Options", "Input", "Dump"]),
            ("Connect", ["Text", "Exit", "Streams", "Logging", "Options", "Input", "Dump", "Proxy"]),
            ("SocketDiagnostics", []),
            // Connect: the targets and the timeout are those of a client. SocketDiagnostics: the processes of a server.
            ("Bench", ["Text", "Exit", "Streams", "Options", "Connect", "SocketDiagnostics"]),
            ("Page", ["Text", "Exit", "Streams", "Options", "SocketDiagnostics"]),
            ("Demo", ["Text", "Exit", "Streams", "Options", "Page"]),
            // SocketDiagnostics: the listeners of a process.
            ("Doctor", ["Text", "Exit", "Streams", "Options", "SocketDiagnostics"]),
            ("Top", ["Text", "Exit", "Streams", "Options", "SocketDiagnostics"]),
            ("Completion", ["Exit"]),
            ("Manual", ["Exit"]),
            ("", ["Exit", "Streams", "Listen", "Connect", "Bench", "Demo", "Doctor", "Top", "Completion", "Manual"]),
        ],
        ["Sockeye.Hosting"] =
        [
            ("Settings", []),
            ("Server", ["Settings"]),
            ("Client", ["Settings"]),
            ("Cluster", ["Settings"]),
            ("Health", ["Server", "Cluster"]),
            ("Systemd", ["Settings", "Server"]),
        ],
        ["Sockeye.Admin"] =
        [
            ("Data", []),
            ("Metrics", ["Data"]),
            ("", ["Data", "Metrics"]),
        ],
        ["Sockeye.Analyzers"] =
        [
            ("Rules", []),
            ("Symbols", []),
            ("Pipes", ["Rules", "Symbols"]),
            ("Simulation", ["Rules", "Symbols"]),
            ("Messages", ["Rules", "Symbols"]),
            ("Codecs", ["Rules", "Symbols"]),
            ("Handlers", ["Rules", "Symbols"]),
            // Handlers: which functions are handlers.
            ("Inline", ["Rules", "Symbols", "Handlers"]),
        ],
        ["Sockeye.Analyzers.CodeFixes"] = [("", [])],
        ["Sockeye.Kestrel"] = [("", [])],
        ["Sockeye.Nats"] = [("", [])],
        ["Sockeye.OpenTelemetry"] = [("", [])],
        ["Sockeye.Orleans"] =
        [
            ("Calls", []),
            ("Topics", ["Calls"]),
            ("Nodes", ["Calls"]),
            ("Routing", ["Calls", "Nodes"]),
            ("Engine", ["Calls", "Nodes", "Routing"]),
            ("Service", ["Calls", "Topics", "Engine"]),
            ("Hosting", ["Calls", "Topics", "Engine", "Service"]),
        ],
    };

    public static TheoryData<string> EachProject => [.. Projects.Keys];

    [Theory, MemberData(nameof(EachProject))]
    public void Folders_use_only_the_folders_below_them(string project) =>
        Check(project, CSharp.ProjectFiles(project)).AssertNone();

    [Theory, MemberData(nameof(EachProject))]
    public void No_two_folders_may_use_each_other(string project)
    {
        HashSet<string> below = [];
        foreach (var (folder, mayUse) in Projects[project])
        {
            Assert.All(mayUse, used => Assert.Contains(used, below));
            Assert.True(below.Add(folder), $"{project} has two lines for '{folder}'.");
        }
    }

    [Fact]
    public void Every_project_of_src_has_layers() => Assert.Equal(
        Repository.Files("src", "*.csproj").Select(file => Path.GetFileNameWithoutExtension(file.Path)).Order(),
        Projects.Keys.Order());

    [Fact]
    public void Use_of_a_folder_above_is_found_where_it_happens()
    {
        var findings = Check("Sockeye",
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
        var findings = Check("Sockeye",
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
        Assert.Contains(expected, Assert.Single(Check("Sockeye", [new(path, text)]).All), StringComparison.Ordinal);

    private static IEnumerable<string> NamesIn(Findings findings) => findings.All.Select(finding => finding.Split('\'')[1]);

    private static Findings Check(string project, IReadOnlyList<RepositoryFile> files)
    {
        var findings = new Findings();
        var layers = new Layers($"src/{project}/", Projects[project].ToDictionary(line => line.Folder, line => line.MayUse));
        var compilation = CSharp.CompileProject(project, files);
        foreach (var error in compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            findings.Add(error.Location.SourceTree?.FilePath ?? layers.Root, error.Location.LineNumber(),
                $"{error.Id}: {error.GetMessage()}. Arrows cannot be read in code that does not compile.");

        foreach (var tree in compilation.SyntaxTrees)
        {
            if (layers.Folder(tree) is { } folder)
                CheckFile(layers, folder, tree, compilation.GetSemanticModel(tree), findings);
        }

        return findings;
    }

    private static void CheckFile(Layers layers, string folder, SyntaxTree tree, SemanticModel model, Findings findings)
    {
        var root = tree.GetRoot();
        if (!layers.MayUse.TryGetValue(folder, out var allowed))
        {
            // Attributes of the assembly need no folder.
            if (folder.Length > 0)
                findings.Add(tree.FilePath, 1,
                    $"'{folder}' is a new folder and {nameof(Projects)} in this test has no line for it: say what it may use.");
            else if (root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().FirstOrDefault() is { } type)
                findings.Add(
                    tree.FilePath, type.GetLocation().LineNumber(), $"'{type.Identifier}' needs a folder of {layers.Root}.");
            return;
        }

        foreach (var node in root.DescendantNodes())
        {
            if (node is SimpleNameSyntax or BaseObjectCreationExpressionSyntax
                && model.GetSymbolInfo(node).Symbol is { } symbol
                && layers.Folder(symbol) is { } used && used != folder && !allowed.Contains(used))
            {
                findings.Add(tree.FilePath, node.GetLocation().LineNumber(),
                    $"'{Name(symbol)}' is of {NameOf(used)}, which {NameOf(folder)} must not know: " +
                    "move it below, or hand it in from above.");
            }
        }
    }

    private static string Name(ISymbol symbol) =>
        symbol is IMethodSymbol { MethodKind: MethodKind.Constructor } ? symbol.ContainingType.Name : symbol.Name;

    private static string NameOf(string folder) => folder.Length > 0 ? folder : "the top folder";

    /// <summary>The folders of one project, and what each may use.</summary>
    private sealed record Layers(string Root, Dictionary<string, string[]> MayUse)
    {
        /// <summary>The folder of a file, "" outside the folders; null for a file that is not of this project.</summary>
        public string? Folder(SyntaxTree tree) => tree.FilePath.StartsWith(Root, StringComparison.Ordinal)
            ? tree.FilePath[Root.Length..].Split('/') is [var folder, _, ..] ? folder : ""
            : null;

        public string? Folder(ISymbol symbol)
        {
            if (symbol is not (INamedTypeSymbol or IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol))
                return null;
            var declared = ((symbol as IMethodSymbol)?.ReducedFrom ?? symbol).OriginalDefinition;
            // A constructor that nobody wrote is declared where its type is.
            if (declared.IsImplicitlyDeclared)
                declared = declared.ContainingType ?? declared;
            return declared.DeclaringSyntaxReferences
                .Select(reference => Folder(reference.SyntaxTree))
                .FirstOrDefault(folder => folder is not null);
        }
    }
}
