using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sockeye.Analyzers.CodeFixes;

/// <summary>Awaits what an inline handler blocks on, where the function around it is async.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class AwaitFix() : CodeFix(RuleIds.BlockingInlineHandler)
{
    protected override (string Title, SyntaxNode Node, SyntaxNode Replacement)? Find(Reported reported)
    {
        if (!IsInAsync(reported.Node))
            return null;
        var task = reported.Node switch
        {
            MemberAccessExpressionSyntax { Name.Identifier.Text: "Result" } result => result.Expression,
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax member } call =>
                FindTask(member, call, reported),
            _ => null,
        };
        if (task is null)
            return null;
        ExpressionSyntax wait = SyntaxFactory.AwaitExpression(
            SyntaxFactory.Token(SyntaxKind.AwaitKeyword).WithTrailingTrivia(SyntaxFactory.Space), task.WithoutTrivia());
        if (reported.Node.Parent is MemberAccessExpressionSyntax or ElementAccessExpressionSyntax)
            wait = SyntaxFactory.ParenthesizedExpression(wait);
        return ("Await it", reported.Node, wait.WithTriviaFrom(reported.Node));
    }

    private static ExpressionSyntax? FindTask(
        MemberAccessExpressionSyntax member, InvocationExpressionSyntax call, Reported reported) =>
        member.Name.Identifier.Text switch
        {
            "Wait" when call.ArgumentList.Arguments.Count == 0 && IsTask(member.Expression, reported) => member.Expression,
            "GetResult" when member.Expression is InvocationExpressionSyntax awaiter =>
                (awaiter.Expression as MemberAccessExpressionSyntax)?.Expression,
            "Sleep" => call.WithExpression(SyntaxFactory.ParseExpression("Task.Delay")),
            _ => null,
        };

    private static bool IsTask(ExpressionSyntax expression, Reported reported) =>
        reported.Model.GetTypeInfo(expression, reported.CancellationToken).Type is { Name: "Task" };

    private static bool IsInAsync(SyntaxNode node) =>
        node.Ancestors().FirstOrDefault(one =>
            one is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or BaseMethodDeclarationSyntax) switch
        {
            AnonymousFunctionExpressionSyntax lambda => lambda.AsyncKeyword.IsKind(SyntaxKind.AsyncKeyword),
            LocalFunctionStatementSyntax function => function.Modifiers.Any(SyntaxKind.AsyncKeyword),
            BaseMethodDeclarationSyntax method => method.Modifiers.Any(SyntaxKind.AsyncKeyword),
            _ => false,
        };
}
