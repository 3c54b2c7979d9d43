using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Fields in which a handler leaves its connection when it ends.</summary>
internal static class StoredConnection
{
    private static readonly HashSet<string> Adding =
        ["Add", "AddFirst", "AddLast", "AddOrUpdate", "Enqueue", "GetOrAdd", "Insert", "Push", "TryAdd"];

    private static readonly HashSet<string> Removing =
    [
        "Clear", "Dequeue", "ExceptWith", "Pop", "Remove", "RemoveAll", "RemoveAt", "RemoveFirst", "RemoveLast", "RemoveWhere",
        "Take", "TryDequeue", "TryPop", "TryRemove", "TryTake",
    ];

    /// <summary>Returns the field that keeps the connection, if the operation stores it there for good; otherwise null.</summary>
    public static IFieldSymbol? Find(IOperation operation, Handler handler)
    {
        var keeper = operation switch
        {
            // A handler class has one instance for all connections, so the field is shared by them.
            ISimpleAssignmentOperation { Target: IFieldReferenceOperation { Field: var field }, Value: var value }
                when handler.IsOfClass && IsConnection(value, handler) && !IsSetAgain(field, operation, handler) =>
                field,
            ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Instance: { } instance } target, Value: var value }
                when target.Property.IsIndexer && IsConnection(value, handler) => FindCollection(instance),
            IInvocationOperation { Instance: { } instance } call
                when Adding.Contains(call.TargetMethod.Name) && call.Arguments.Any(one => IsConnection(one.Value, handler)) =>
                FindCollection(instance),
            _ => null,
        };
        return keeper is not null && !KnowsEnd(handler) ? keeper : null;
    }

    private static bool IsConnection(IOperation value, Handler handler) =>
        value.GetSymbol().Is(handler.Connection);

    private static bool IsSetAgain(IFieldSymbol field, IOperation assignment, Handler handler) =>
        handler.Body.Descendants().OfType<IAssignmentOperation>().Any(other =>
            other != assignment && other.Target.GetSymbol().Is(field));

    /// <summary>Whether the handler registers code for the end of the connection.</summary>
    private static bool KnowsEnd(Handler handler) => handler.Body.Descendants().OfType<IPropertyReferenceOperation>()
        .Any(property => property.Property.Name is "ConnectionClosed");

    /// <summary>The field of a collection of .NET from which its class never removes, and which no other code gets.</summary>
    private static IFieldSymbol? FindCollection(IOperation instance) =>
        instance.Unwrap() is IFieldReferenceOperation { Field: var field }
        && field.DeclaredAccessibility is Accessibility.Private
        && field.Type.ContainingNamespace.ToDisplayString().StartsWith("System.Collections", StringComparison.Ordinal)
        && field.ContainingType.DeclaringSyntaxReferences.All(declaration => !MayRemove(declaration.GetSyntax(), field.Name))
            ? field
            : null;

    private static bool MayRemove(SyntaxNode type, string field) => type.DescendantNodes().OfType<IdentifierNameSyntax>()
        .Any(name => name.Identifier.Text == field && name.Parent switch
        {
            MemberAccessExpressionSyntax access when access.Expression == name =>
                Removing.Contains(access.Name.Identifier.Text),
            MemberAccessExpressionSyntax => true, // this.field, or of another object: not followed further.
            ElementAccessExpressionSyntax or ForEachStatementSyntax or LockStatementSyntax => false,
            _ => true,
        });
}
