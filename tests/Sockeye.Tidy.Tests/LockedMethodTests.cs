using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// A method that needs a lock says so in its name: it ends in "Locked", asserts that the lock is held, and is called only where
/// it is: inside a <c>lock</c> statement or by another such method. A class may have one <c>AssertLocked</c> for all of them.
/// </summary>
public sealed class LockedMethodTests
{
    private const string Assertion = "AssertLocked";

    [Fact]
    public void Methods_that_need_a_lock_assert_it_and_are_called_under_it()
    {
        var findings = new Findings();
        foreach (var file in Repository.Files("src", "*.cs"))
            Check(file, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("void AddLocked() { _count++; }")]
    [InlineData("void AddLocked() => _count++;")]
    [InlineData("void AddLocked() { _count++; Debug.Assert(_lock.IsHeldByCurrentThread); }")]
    [InlineData("void Add() { ClearLocked(); }")]
    [InlineData("void Add() { lock (_lock) { } ClearLocked(); }")]
    [InlineData("Action Add() { lock (_lock) { return () => ClearLocked(); } }")]
    [InlineData("void AddLocked() { Debug.Assert(_lock.IsHeldByCurrentThread); Task.Run(() => ClearLocked()); }")]
    [InlineData("Action Add() { lock (_lock) return ClearLocked; }")]
    public void Broken_rule_is_found(string member) => Assert.Single(Find(member));

    [Theory]
    [InlineData("void AddLocked() { Debug.Assert(_lock.IsHeldByCurrentThread); _count++; }")]
    [InlineData("void AddLocked() { Debug.Assert(_lock.IsHeldByCurrentThread, \"why\"); ClearLocked(); }")]
    [InlineData("void AddLocked() { AssertLocked(); ClearLocked(); }")]
    [InlineData("void AssertLocked() => Debug.Assert(_lock.IsHeldByCurrentThread);")]
    [InlineData("void Add() { lock (_lock) ClearLocked(); }")]
    [InlineData("void Add() { lock (_lock) { if (_count > 0) other.ClearLocked(); } }")]
    [InlineData("void Add() { using (_lock.EnterScope()) { ClearLocked(); } }")]
    [InlineData("bool IsBlocked() => IsBlocked();")]
    public void Kept_rule_passes(string member) => Assert.Empty(Find(member));

    private static IEnumerable<string> Find(string member)
    {
        var findings = new Findings();
        Check(new("src/A.cs", $"class C {{ {member} }}"), findings);
        return findings.All;
    }

    private static void Check(RepositoryFile file, Findings findings)
    {
        foreach (var node in CSharp.Parse(file).GetRoot().DescendantNodes())
        {
            var complaint = node switch
            {
                MethodDeclarationSyntax method when NeedsLock(method.Identifier.Text) && !StartsWithAssertion(method) =>
                    $"'{method.Identifier.Text}' needs a lock: start it with Debug.Assert(the lock.IsHeldByCurrentThread).",
                IdentifierNameSyntax name when NeedsLock(name.Identifier.Text) && IsUse(name) && !IsCalledUnderLock(name) =>
                    $"'{name.Identifier.Text}' needs a lock: call it inside a lock statement or from a method that needs one.",
                _ => null,
            };
            if (complaint is not null)
                findings.Add(file.Path, node.GetLocation().LineNumber(), complaint);
        }
    }

    private static bool NeedsLock(string name) =>
        name.EndsWith("Locked", StringComparison.Ordinal) && name is not Assertion
        && !name.EndsWith("Unlocked", StringComparison.Ordinal);

    private static bool StartsWithAssertion(MethodDeclarationSyntax method)
    {
        if (method.Body is null && method.ExpressionBody is null)
            return true; // Abstract: whatever implements it is checked.
        var first = method.Body?.Statements.FirstOrDefault() as ExpressionStatementSyntax;
        return first?.Expression is InvocationExpressionSyntax call && call.Expression.ToString() switch
        {
            Assertion => true,
            "Debug.Assert" => call.ArgumentList.ToString().Contains("IsHeldByCurrentThread", StringComparison.Ordinal),
            _ => false,
        };
    }

    private static bool IsUse(IdentifierNameSyntax name) =>
        name.Parent is not (NameColonSyntax or NameEqualsSyntax)
        && !name.Ancestors().Any(ancestor => ancestor is InvocationExpressionSyntax
        {
            Expression: IdentifierNameSyntax { Identifier.Text: "nameof" },
        });

    /// <summary>A delegate made under a lock runs later, without it.</summary>
    private static bool IsCalledUnderLock(IdentifierNameSyntax name)
    {
        SyntaxNode called = name.Parent is MemberAccessExpressionSyntax or MemberBindingExpressionSyntax ? name.Parent : name;
        if (called.Parent is not InvocationExpressionSyntax)
            return false;
        foreach (var ancestor in called.Ancestors())
        {
            switch (ancestor)
            {
                case LockStatementSyntax:
                    return true;
                case UsingStatementSyntax { Expression: { } scope } when IsLockScope(scope):
                    return true;
                case AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax:
                    return false;
                case MethodDeclarationSyntax method:
                    return NeedsLock(method.Identifier.Text);
                default:
                    break;
            }
        }

        return false;
    }

    private static bool IsLockScope(ExpressionSyntax scope) =>
        scope.ToString().EndsWith(".EnterScope()", StringComparison.Ordinal);
}
