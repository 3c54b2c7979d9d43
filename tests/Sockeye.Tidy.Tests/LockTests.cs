using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Only what nothing else can lock is locked: an object that users hold, as a pipe, an option or a collection, could be locked by
/// them for as long as they like, and with it an engine thread, an accept loop or a stop.
/// </summary>
public sealed class LockTests
{
    [Fact]
    public void Locks_are_taken_on_Lock_objects_only()
    {
        var files = Repository.Files("src", "*.cs");
        var locks = files.SelectMany(LockNames).ToHashSet(StringComparer.Ordinal);
        var findings = new Findings();
        foreach (var file in files)
            Check(file, locks, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("lock (this) { }")]
    [InlineData("lock (other) { }")]
    [InlineData("lock (_list) { }")]
    [InlineData("lock (typeof(C)) { }")]
    [InlineData("Monitor.Enter(_list);")]
    [InlineData("System.Threading.Monitor.TryEnter(_list);")]
    [InlineData("}\n[MethodImpl(MethodImplOptions.Synchronized)] void N() {")]
    public void Lock_that_others_could_take_is_found(string statement) => Assert.Single(Find(statement));

    [Theory]
    [InlineData("lock (_lock) { }")]
    [InlineData("lock (Gate) { }")]
    [InlineData("lock (_other.Gate) { }")]
    public void Lock_of_its_own_passes(string statement) => Assert.Empty(Find(statement));

    private static IEnumerable<string> Find(string statement)
    {
        RepositoryFile file = new("src/A.cs", $$"""
            class C(object other)
            {
                private readonly Lock _lock = new();
                private readonly List<int> _list = [];
                private readonly C _other;
                public Lock Gate { get; } = new();
                void M() { {{statement}} }
            }
            """);
        var findings = new Findings();
        Check(file, [.. LockNames(file)], findings);
        return findings.All;
    }

    /// <summary>Fields and properties whose type is System.Threading.Lock.</summary>
    private static IEnumerable<string> LockNames(RepositoryFile file)
    {
        foreach (var node in CSharp.Parse(file).GetRoot().DescendantNodes())
        {
            if (node is PropertyDeclarationSyntax { Type: IdentifierNameSyntax { Identifier.Text: "Lock" } } property)
                yield return property.Identifier.Text;
            if (node is not VariableDeclarationSyntax { Type: IdentifierNameSyntax { Identifier.Text: "Lock" } } declaration)
                continue;
            foreach (var variable in declaration.Variables)
                yield return variable.Identifier.Text;
        }
    }

    private static void Check(RepositoryFile file, HashSet<string> locks, Findings findings)
    {
        foreach (var node in CSharp.Parse(file).GetRoot().DescendantNodes())
        {
            var complaint = node switch
            {
                LockStatementSyntax statement when !locks.Contains(NameOf(statement.Expression)) =>
                    $"lock ({statement.Expression})",
                MemberAccessExpressionSyntax { Name.Identifier.Text: "Enter" or "TryEnter" } access
                    when NameOf(access.Expression) is "Monitor" => access.ToString(),
                MemberAccessExpressionSyntax { Name.Identifier.Text: "Synchronized" } access => access.ToString(),
                _ => null,
            };
            if (complaint is not null)
            {
                findings.Add(
                    file.Path, node.GetLocation().LineNumber(), $"'{complaint}' locks what others can lock: use a Lock.");
            }
        }
    }

    private static string NameOf(ExpressionSyntax expression) => expression switch
    {
        IdentifierNameSyntax name => name.Identifier.Text,
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        _ => "",
    };
}
