using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sockeye.Analyzers.CodeFixes;

/// <summary>Replaces the real clock by the one of the simulation: <c>Task.Delay(time, network.TimeProvider)</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class VirtualTimeFix() : CodeFix(RuleIds.RealClock)
{
    protected override (string Title, SyntaxNode Node, SyntaxNode Replacement)? Find(Reported reported)
    {
        if (!reported.Diagnostic.Properties.TryGetValue(RuleIds.Network, out var network))
            return null;
        var clock = SyntaxFactory.ParseExpression($"{network}.TimeProvider");
        SyntaxNode? replacement = reported.Node switch
        {
            InvocationExpressionSyntax call => FixCall(call, clock, reported),
            BaseObjectCreationExpressionSyntax { ArgumentList: { Arguments.Count: 1 } arguments } creation
                when IsNamed(creation, reported, "CancellationTokenSource", "PeriodicTimer") =>
                creation.WithArgumentList(AddClock(arguments, clock, reported)),
            MemberAccessExpressionSyntax member => FixProperty(member, network!),
            _ => null,
        };
        return replacement is null ? null : ("Use virtual time", reported.Node, replacement.WithTriviaFrom(reported.Node));
    }

    private static InvocationExpressionSyntax? FixCall(
        InvocationExpressionSyntax call, ExpressionSyntax clock, Reported reported) =>
        call.Expression is not MemberAccessExpressionSyntax { Name.Identifier.Text: var name }
            ? null
            : name switch
            {
                "Delay" or "WaitAsync" => call.WithArgumentList(AddClock(call.ArgumentList, clock, reported)),
                "GetTimestamp" or "GetElapsedTime" => call.WithExpression(SyntaxFactory.MemberAccessExpression(
                    SyntaxKind.SimpleMemberAccessExpression, clock, SyntaxFactory.IdentifierName(name))),
                _ => null,
            };

    private static ExpressionSyntax? FixProperty(MemberAccessExpressionSyntax member, string network) =>
        (member.Expression.ToString().Split('.').Last(), member.Name.Identifier.Text) switch
        {
            ("DateTime", "UtcNow") => SyntaxFactory.ParseExpression($"{network}.TimeProvider.GetUtcNow().UtcDateTime"),
            ("DateTimeOffset", "UtcNow") => SyntaxFactory.ParseExpression($"{network}.TimeProvider.GetUtcNow()"),
            ("TimeProvider", "System") => SyntaxFactory.ParseExpression($"{network}.TimeProvider"),
            _ => null,
        };

    /// <summary>Adds the clock after the time. A number of milliseconds becomes a TimeSpan, which the overloads with a clock
    /// take.</summary>
    private static ArgumentListSyntax AddClock(ArgumentListSyntax list, ExpressionSyntax clock, Reported reported)
    {
        var time = list.Arguments[0];
        var type = reported.Model.GetTypeInfo(time.Expression, reported.CancellationToken).Type;
        if (type?.SpecialType is SpecialType.System_Int32)
        {
            var span = SyntaxFactory.ParseExpression($"TimeSpan.FromMilliseconds({time.Expression.WithoutTrivia()})");
            time = time.WithExpression(span.WithTriviaFrom(time.Expression));
        }

        var added = SyntaxFactory.Argument(clock).WithLeadingTrivia(SyntaxFactory.Space);
        return list.WithArguments(list.Arguments.RemoveAt(0).Insert(0, added).Insert(0, time.WithNameColon(null)));
    }

    private static bool IsNamed(BaseObjectCreationExpressionSyntax creation, Reported reported, params string[] names) =>
        reported.Model.GetTypeInfo(creation, reported.CancellationToken).Type is { } type && names.Contains(type.Name);
}
