using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sockeye.Analyzers.CodeFixes;

/// <summary>Removes <c>ConfigureAwait(false)</c> from simulated code, and replaces <c>await CancelAsync()</c> by
/// <c>Cancel()</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class StayInSimulationFix() : CodeFix(RuleIds.LeavesSimulation)
{
    protected override (string Title, SyntaxNode Node, SyntaxNode Replacement)? Find(Reported reported)
    {
        if (reported.Node is not InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax member } call)
            return null;
        return member.Name.Identifier.Text switch
        {
            "ConfigureAwait" => ("Remove ConfigureAwait", call, member.Expression.WithTrailingTrivia(call.GetTrailingTrivia())),
            "CancelAsync" when call.Parent is AwaitExpressionSyntax { Parent: ExpressionStatementSyntax } wait =>
                ("Call Cancel", wait, WithName(call, member, "Cancel").WithTriviaFrom(wait)),
            _ => null,
        };
    }

    private static InvocationExpressionSyntax WithName(
        InvocationExpressionSyntax call, MemberAccessExpressionSyntax member, string name) =>
        call.WithExpression(member.WithName(SyntaxFactory.IdentifierName(name)));
}
