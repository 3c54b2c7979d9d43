using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>The methods of a class that decode and encode, and the methods of the class that they call.</summary>
internal sealed class CodecMethods(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellationToken)
{
    private readonly HashSet<ISymbol> _visited = new(SymbolEqualityComparer.Default);

    public IEnumerable<IOperation> GetBodies() =>
        type.GetMembers().OfType<IMethodSymbol>().Where(IsShared).SelectMany(GetBodies);

    /// <summary>Whether the connections of one codec share the instance on which the method runs.</summary>
    private bool IsShared(IMethodSymbol method) =>
        method.Name is "Encode" || (method.Name is "TryDecode" && !HasDecoderForEachConnection());

    private bool HasDecoderForEachConnection()
    {
        for (var current = type; current is not null && current.GetFullName() != Names.Codec; current = current.BaseType)
        {
            if (current.GetMembers("ForConnection").OfType<IMethodSymbol>().Any(method => method.Parameters.IsEmpty))
                return true;
        }

        return false;
    }

    private IEnumerable<IOperation> GetBodies(IMethodSymbol method)
    {
        if (!_visited.Add(method) || FindBody(method) is not { } body)
            yield break;
        yield return body;
        foreach (var call in body.Descendants().OfType<IInvocationOperation>())
        {
            var target = call.TargetMethod.OriginalDefinition;
            if (call.Instance is not IInstanceReferenceOperation || !target.ContainingType.Is(type))
                continue;
            foreach (var inner in GetBodies(target))
                yield return inner;
        }
    }

    private IOperation? FindBody(IMethodSymbol method)
    {
        if (method.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellationToken) is not { } syntax)
            return null;
#pragma warning disable RS1030 // A codec is declared in another file than its use, as a rule; few uses need it.
        return compilation.GetSemanticModel(syntax.SyntaxTree).GetOperation(syntax, cancellationToken);
#pragma warning restore RS1030
    }
}
