using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Above the sockets the core keeps its caller's context, so that a simulation rules every continuation
/// (docs/decisions/0004-keep-the-context.md).
/// </summary>
public sealed class ContextTests
{
    private const string Core = "src/Sockeye/";
    private const string Sockets = "src/Sockeye/Sockets/";

    /// <summary>Called on the system's thread for signals, where no code of a user's may run and there is no context to
    /// keep.</summary>
    private const string Signals = "src/Sockeye/Server/StopSignals.cs";

    /// <summary>Where the thread pool is the answer to: what if the transport says nothing?</summary>
    private static readonly string[] MayNameThePool =
    [
        "src/Sockeye/Connections/Scheduling.cs",
        "src/Sockeye/Connections/TransportConnectionOptions.cs",
        "src/Sockeye/Connections/TransportConnection.cs",
        "src/Sockeye/Pipes/PipeWait.cs", // For a task that is awaited against the rules, and throws there.
    ];

    [Fact]
    public void Core_above_the_sockets_never_leaves_its_context()
    {
        var findings = new Findings();
        foreach (var file in Repository.Files(Core, "*.cs"))
            Check(file, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("await x.ConfigureAwait(false);", "ConfigureAwait(false)")]
    [InlineData("await x.ConfigureAwait(continueOnCapturedContext: false);", "ConfigureAwait(false)")]
    [InlineData("await x.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);", "ConfigureAwait(false)")]
    [InlineData("Task.Run(F);", "Task.Run")]
    [InlineData("System.Threading.Tasks.Task.Run(F);", "Task.Run")]
    [InlineData("Task.Factory.StartNew(F);", "Task.Factory")]
    [InlineData("ThreadPool.QueueUserWorkItem(F);", "ThreadPool")]
    [InlineData("PipeScheduler.ThreadPool.Schedule(F, null);", "ThreadPool")]
    [InlineData("await stop.CancelAsync();", "CancelAsync")]
    [InlineData("var turn = new SemaphoreSlim(1);", "SemaphoreSlim")]
    public void Way_out_of_the_context_is_found(string statement, string name)
    {
        Assert.Contains($"'{name}'", Assert.Single(Find("src/Sockeye/Server/A.cs", statement)), StringComparison.Ordinal);
        Assert.Empty(Find("src/Sockeye/Sockets/A.cs", statement));
    }

    [Theory]
    [InlineData("await x;")]
    [InlineData("await x.ConfigureAwait(_keepsContext);")]
    [InlineData("await x.ConfigureAwait(true);")]
    [InlineData("await x.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);")]
    [InlineData("stop.Cancel(); Run(); Task.FromResult(1); // Task.Run, ThreadPool")]
    public void Code_that_stays_passes(string statement) => Assert.Empty(Find("src/Sockeye/Server/A.cs", statement));

    private static IEnumerable<string> Find(string path, string statement)
    {
        var findings = new Findings();
        Check(new(path, $"class C {{ async Task M() {{ {statement} }} }}"), findings);
        return findings.All;
    }

    private static void Check(RepositoryFile file, Findings findings)
    {
        if (file.Path.StartsWith(Sockets, StringComparison.Ordinal))
            return;
        foreach (var name in CSharp.Parse(file).GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (Complaint(name, file.Path) is var (what, wayOut))
                findings.Add(file.Path, name.GetLocation().LineNumber(), $"'{what}' leaves the caller's context: {wayOut}.");
        }
    }

    private static (string What, string WayOut)? Complaint(SimpleNameSyntax name, string path) => name.Identifier.Text switch
    {
        "ConfigureAwait" when LeavesContext(name) && !MayNameThePool.Contains(path) =>
            ("ConfigureAwait(false)", "await without it, or move the code to Sockets"),
        "Run" or "Factory" when IsOfTask(name) => ($"Task.{name.Identifier.Text}", "use Scheduling.GetScheduler(…).RunAsync"),
        "ThreadPool" when !MayNameThePool.Contains(path) => ("ThreadPool", "use Scheduling.GetScheduler(…).Schedule"),
        "CancelAsync" when path != Signals => ("CancelAsync", "use Cancel"),
        "SemaphoreSlim" => ("SemaphoreSlim", "use AsyncLock"),
        _ => null,
    };

    private static bool IsOfTask(SimpleNameSyntax name) =>
        name.Parent is MemberAccessExpressionSyntax access && access.Name == name
        && access.Expression is IdentifierNameSyntax { Identifier.Text: "Task" }
            or MemberAccessExpressionSyntax { Name.Identifier.Text: "Task" };

    private static bool LeavesContext(SimpleNameSyntax name)
    {
        if (name.Parent?.Parent is not InvocationExpressionSyntax { ArgumentList.Arguments: [{ Expression: var argument }] })
            return false;
        var options = argument.DescendantNodesAndSelf().OfType<SimpleNameSyntax>().Select(part => part.Identifier.Text).ToList();
        return argument.IsKind(SyntaxKind.FalseLiteralExpression)
            || (options.Contains(nameof(ConfigureAwaitOptions)) && !options.Contains("ContinueOnCapturedContext"));
    }
}
