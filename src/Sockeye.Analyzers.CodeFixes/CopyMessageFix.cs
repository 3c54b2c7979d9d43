using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sockeye.Analyzers.CodeFixes;

/// <summary>Keeps a copy of a borrowed message: <c>new ReadOnlySequence&lt;byte&gt;(message.ToArray())</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class CopyMessageFix() : CodeFix(RuleIds.BorrowedMessageKept)
{
    private const string Namespace = "System.Buffers";

    protected override (string Title, SyntaxNode Node, SyntaxNode Replacement)? Find(Reported reported)
    {
        var kept = reported.Node switch
        {
            AssignmentExpressionSyntax assignment => [assignment.Right],
            InvocationExpressionSyntax call => call.ArgumentList.Arguments.Select(argument => argument.Expression).ToArray(),
            _ => [],
        };
        var message = kept.FirstOrDefault(value => IsSequence(value, reported));
        if (message is null || message.SyntaxTree.GetRoot(reported.CancellationToken) is not CompilationUnitSyntax unit)
            return null;
        var copy = SyntaxFactory.ParseExpression($"new ReadOnlySequence<byte>({message.WithoutTrivia()}.ToArray())")
            .WithTriviaFrom(message);
        return unit.Usings.Any(one => one.Name?.ToString() == Namespace)
            ? ("Keep a copy", message, copy)
            : ("Keep a copy", unit, AddUsing(unit.ReplaceNode(message, copy)));
    }

    private static bool IsSequence(ExpressionSyntax value, Reported reported) =>
        value is IdentifierNameSyntax or InvocationExpressionSyntax
        && reported.Model.GetTypeInfo(value, reported.CancellationToken).Type is INamedTypeSymbol { Name: "ReadOnlySequence" };

    private static CompilationUnitSyntax AddUsing(CompilationUnitSyntax unit)
    {
        var directive = SyntaxFactory.ParseCompilationUnit($"using {Namespace};\n").Usings[0];
        return unit.Usings.Count > 0
            ? unit.WithUsings(unit.Usings.Insert(0, directive))
            : unit.AddUsings(directive);
    }
}
