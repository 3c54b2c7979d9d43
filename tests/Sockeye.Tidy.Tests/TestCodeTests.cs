using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>A test's name states behaviour, and a test waits for what happens, not for time.</summary>
public sealed class TestCodeTests
{
    [Fact]
    public void Test_names_state_behaviour_and_no_test_sleeps()
    {
        var findings = new Findings();
        foreach (var file in Repository.Files("tests", "*.cs"))
            Check(file, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("[Fact] void Idle_connection_is_closed() { }", 0)]
    [InlineData("[Fact] void IdleTimeout() { }", 1)]
    [InlineData("[Theory, InlineData(1)] void Idle_timeout_works(int i) { }", 1)]
    [InlineData("[Fact] void A_b() { System.Threading.Thread.Sleep(1); }", 1)]
    [InlineData("void Helper() { }", 0)]
    public void Bad_test_is_found(string member, int expected)
    {
        var findings = new Findings();
        Check(new("a.cs", $"class C {{ {member} }}"), findings);
        Assert.Equal(expected, findings.All.Count);
    }

    private static void Check(RepositoryFile file, Findings findings)
    {
        var root = CSharp.Parse(file).GetRoot();
        foreach (var method in root.DescendantNodes().OfType<MethodDeclarationSyntax>().Where(IsTest))
        {
            var name = method.Identifier.Text;
            if (!name.Contains('_') || name.EndsWith("works", StringComparison.OrdinalIgnoreCase))
                findings.Add(file.Path, method.Identifier.GetLocation().LineNumber(),
                    $"'{name}': say what happens and when, as in Idle_connection_is_closed_after_timeout.");
        }

        foreach (var access in root.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            if (access is { Name.Identifier.Text: "Sleep", Expression: SimpleNameSyntax { Identifier.Text: "Thread" } or
                    MemberAccessExpressionSyntax { Name.Identifier.Text: "Thread" } })
                findings.Add(file.Path, access.GetLocation().LineNumber(),
                    "Thread.Sleep: wait for what happens, or drive a FakeTimeProvider.");
        }
    }

    private static bool IsTest(MethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(list => list.Attributes)
            .Any(attribute => attribute.Name.ToString() is "Fact" or "Theory");
}
