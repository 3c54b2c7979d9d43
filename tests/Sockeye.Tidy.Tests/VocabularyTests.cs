using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>
/// Names that no reader has to look up: what is declared in src/, tests/ and bench/, public or not, uses the terms of the field.
/// A word that has had several meanings here, or that only this project would use, has the words to use instead beside it.
/// </summary>
public sealed partial class VocabularyTests
{
    private static readonly string[] Folders = ["src", "tests", "bench"];

    private static readonly Dictionary<string, string> Instead = new(StringComparer.OrdinalIgnoreCase)
    {
        ["adopt"] = "attach, or transfer",
        ["adoption"] = "attach, or transfer",
        ["anybody"] = "any connection, task or thread: say which",
        ["anew"] = "again, or restart",
        ["choosing"] = "selection",
        ["dial"] = "connect",
        ["dialled"] = "connected, or the target",
        ["dialler"] = "connector",
        ["dialling"] = "connecting",
        ["explain"] = "describe (text), set the close reason, or translate (an exception)",
        ["farewell"] = "close, or the last message",
        ["gathered"] = "batched",
        ["hurry"] = "complete, or abort",
        ["impatience"] = "timeout",
        ["inbox"] = "injection queue",
        ["lifting"] = "disposable callback",
        ["look"] = "poll, snapshot, or check",
        ["looks"] = "poll, snapshot, or check",
        ["nobody"] = "none: say of what",
        ["patience"] = "timeout",
        ["place"] = "permit, waiter, slot, or index",
        ["places"] = "permits, waiters, slots, or indexes",
        ["recipe"] = "factory",
        ["somebody"] = "any connection, task or thread: say which",
        ["standing"] = "status",
        ["tell"] = "log, notify, or report",
        ["tells"] = "logs, notifies, or reports",
        ["told"] = "logged, notified, or reported",
        ["turn"] = "lock, waiter, or iteration",
        ["turns"] = "locks, waiters, or iterations",
        ["waste"] = "discarded",
        ["whoever"] = "the connection, task or thread: say which",
        ["words"] = "text",
    };

    [Fact]
    public void Names_use_the_terms_of_the_field()
    {
        var findings = new Findings();
        foreach (var file in Folders.SelectMany(folder => Repository.Files(folder, "*.cs")))
            Check(file, findings);
        findings.AssertNone();
    }

    [Theory]
    [InlineData("class Farewell;", "Farewell")]
    [InlineData("class C { void TellAll() { } }", "TellAll")]
    [InlineData("class C { int _places; }", "_places")]
    [InlineData("class C { int Told => 1; }", "Told")]
    [InlineData("class C { void M(int turn) { } }", "turn")]
    [InlineData("class C { void M() { var words = 1; } }", "words")]
    [InlineData("class C { void M() { foreach (var place in this) { } } }", "place")]
    [InlineData("class C { void M() { if (this is { } place) { } } }", "place")]
    [InlineData("enum E { Standing }", "Standing")]
    [InlineData("class C { void Lookup() { } int _replacement; void Return() { } bool _moves; }", null)]
    public void Private_word_is_found_in_any_declaration(string code, string? expected)
    {
        var findings = new Findings();
        Check(new("src/A.cs", code), findings);

        Assert.Equal(expected, findings.All.Select(finding => finding.Split('\'')[1]).SingleOrDefault());
    }

    private static void Check(RepositoryFile file, Findings findings)
    {
        foreach (var name in CSharp.Parse(file).GetRoot().DescendantNodes().Select(Declared))
        {
            foreach (var word in Word().Matches(name.Text ?? "").Select(match => match.Value).Where(Instead.ContainsKey))
                findings.Add(file.Path, name.GetLocation().LineNumber(), $"'{name.Text}' says '{word}': say {Instead[word]}.");
        }
    }

    private static SyntaxToken Declared(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier,
        DelegateDeclarationSyntax type => type.Identifier,
        MethodDeclarationSyntax method => method.Identifier,
        LocalFunctionStatementSyntax method => method.Identifier,
        PropertyDeclarationSyntax property => property.Identifier,
        EventDeclarationSyntax member => member.Identifier,
        EnumMemberDeclarationSyntax member => member.Identifier,
        VariableDeclaratorSyntax variable => variable.Identifier,
        SingleVariableDesignationSyntax variable => variable.Identifier,
        ForEachStatementSyntax loop => loop.Identifier,
        ParameterSyntax parameter => parameter.Identifier,
        TypeParameterSyntax parameter => parameter.Identifier,
        _ => default,
    };

    [GeneratedRegex(@"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")]
    private static partial Regex Word();
}
