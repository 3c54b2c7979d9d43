using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Sockeye.Analyzers.CodeFixes;

/// <summary>Adds AdvanceTo at the end of a loop that reads a pipe and has none.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class AdvanceFix() : CodeFix(RuleIds.PipeNotAdvanced)
{
    protected override (string Title, SyntaxNode Node, SyntaxNode Replacement)? Find(Reported reported)
    {
        // var result = await reader.ReadAsync(); in the block of a loop that nothing leaves early for the next step
        if (reported.Node is not InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax member }
            || reported.Node.FirstAncestorOrSelf<LocalDeclarationStatementSyntax>() is not
                { Declaration.Variables: { Count: 1 } variables, Parent: BlockSyntax block }
            || block.Parent is not (WhileStatementSyntax or ForStatementSyntax or DoStatementSyntax)
            || block.DescendantNodes().Any(node => node is ContinueStatementSyntax or MemberAccessExpressionSyntax
                { Name.Identifier.Text: "AdvanceTo" }))
            return null;
        var (reader, positions) = (member.Expression.WithoutTrivia(), FindPositions(block, variables[0].Identifier.Text));
        var advance = SyntaxFactory.ParseStatement($"{reader}.AdvanceTo({positions});")
            .WithTrailingTrivia(SyntaxFactory.ElasticLineFeed)
            .WithAdditionalAnnotations(Formatter.Annotation);
        return ("Advance the pipe at the end of the loop", block, block.AddStatements(advance));
    }

    /// <summary>The positions that were consumed and examined: the rest of a buffer that the loop slices, otherwise the end of
    /// what was read.</summary>
    private static string FindPositions(BlockSyntax block, string result)
    {
        var buffer = block.Statements.OfType<LocalDeclarationStatementSyntax>()
            .SelectMany(statement => statement.Declaration.Variables)
            .FirstOrDefault(variable => variable.Initializer?.Value.ToString() == $"{result}.Buffer")?.Identifier.Text;
        var isSliced = buffer is not null && block.DescendantNodes().Any(node => node switch
        {
            AssignmentExpressionSyntax assignment => assignment.Left.ToString() == buffer,
            ArgumentSyntax argument => argument.RefKindKeyword.IsKind(SyntaxKind.RefKeyword)
                && argument.Expression.ToString() == buffer,
            _ => false,
        });
        return isSliced ? $"{buffer}.Start, {buffer}.End" : $"{result}.Buffer.End";
    }
}
