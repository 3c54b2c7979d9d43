using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sockeye.Analyzers.CodeFixes;

/// <summary>Replaces <c>Random.Shared</c> and <c>new Random()</c> by the randomness of the simulation.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class SeededRandomFix() : CodeFix(RuleIds.RandomWithoutSeed)
{
    protected override (string Title, SyntaxNode Node, SyntaxNode Replacement)? Find(Reported reported) =>
        reported.Diagnostic.Properties.TryGetValue(RuleIds.Network, out var network)
        && reported.Node is MemberAccessExpressionSyntax or BaseObjectCreationExpressionSyntax
            ? ("Use the randomness of the simulation", reported.Node,
                SyntaxFactory.ParseExpression($"{network}.Random").WithTriviaFrom(reported.Node))
            : null;
}
