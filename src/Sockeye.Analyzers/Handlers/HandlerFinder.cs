using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Finds the handlers in a file: functions that are passed to <c>Run</c> and <c>Use</c>, and handler classes.</summary>
internal static class HandlerFinder
{
    public static IReadOnlyList<Handler> Find(SemanticModel model, CancellationToken cancellationToken)
    {
        var handlers = new Dictionary<ISymbol, Handler>(SymbolEqualityComparer.Default);
        foreach (var node in model.SyntaxTree.GetRoot(cancellationToken).DescendantNodes())
        {
            var handler = node switch
            {
                InvocationExpressionSyntax
                {
                    Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Run" or "Use" },
                } => FindArgument(model, node, cancellationToken),
                MethodDeclarationSyntax { Identifier.Text: "OnConnectedAsync" } => FindOverride(model, node, cancellationToken),
                _ => null,
            };
            if (handler is not { Connection: not null })
                continue;
            // A class may be found by itself, and by a call that names it.
            if (!handlers.TryGetValue(handler.Function, out var known) || known.Registration is null)
                handlers[handler.Function] = handler;
        }

        return [.. handlers.Values];
    }

    /// <summary>Returns the body of a function of the file; null if it has none, or is in another file.</summary>
    public static IOperation? FindBody(SemanticModel model, IMethodSymbol method, CancellationToken cancellationToken)
    {
        var syntax = method.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellationToken);
        return syntax?.SyntaxTree == model.SyntaxTree
            ? model.GetOperation(syntax, cancellationToken) switch
            {
                ILocalFunctionOperation function => function.Body,
                IAnonymousFunctionOperation lambda => lambda.Body,
                IMethodBodyBaseOperation { BlockBody: { } block } => block,
                IMethodBodyBaseOperation { ExpressionBody: { } block } => block,
                _ => null,
            }
            : null;
    }

    private static Handler? FindArgument(SemanticModel model, SyntaxNode node, CancellationToken cancellationToken)
    {
        if (model.GetOperation(node, cancellationToken) is not IInvocationOperation call
            || call.TargetMethod.GetDeclaringType()?.GetFullName() is not (Names.ListenOptions or Names.ListenOptionsMessages))
            return null;
        var types = call.TargetMethod.TypeArguments;
        if (types.Length == 1 && types[0].DerivesFrom(Names.ConnectionHandler))
            return FindClass(model, call, types[0], cancellationToken);
        return call.Arguments.Select(argument => FindFunction(model, call, argument.Value, cancellationToken))
            .FirstOrDefault(handler => handler is not null);
    }

    private static Handler? FindFunction(
        SemanticModel model, IInvocationOperation call, IOperation value, CancellationToken cancellationToken) =>
        value.Unwrap() switch
        {
            IAnonymousFunctionOperation lambda => new(lambda.Symbol, lambda.Body, call),
            IMethodReferenceOperation { Method: var method }
                when FindBody(model, method, cancellationToken) is { } body => new(method, body, call),
            _ => null,
        };

    private static Handler? FindClass(
        SemanticModel model, IInvocationOperation call, ITypeSymbol type, CancellationToken cancellationToken) =>
        type.GetMembers("OnConnectedAsync").OfType<IMethodSymbol>().FirstOrDefault() is { } method
        && FindBody(model, method, cancellationToken) is { } body
            ? new(method, body, call)
            : null;

    private static Handler? FindOverride(SemanticModel model, SyntaxNode node, CancellationToken cancellationToken) =>
        model.GetDeclaredSymbol(node, cancellationToken) is IMethodSymbol { IsOverride: true } method
        && method.ContainingType.DerivesFrom(Names.ConnectionHandler)
        && FindBody(model, method, cancellationToken) is { } body
            ? new(method, body, null)
            : null;
}
