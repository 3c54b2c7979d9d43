using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>
/// Finds the options of servers in a file whose transport runs handlers inline: <c>UnsafePreferInlineScheduling</c> is set to
/// true in the options of the transport that is assigned to them.
/// </summary>
internal sealed class InlineServers
{
    private const string Inline = "UnsafePreferInlineScheduling";

    private readonly HashSet<ISymbol> _servers = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _inlineOptions = new(SymbolEqualityComparer.Default);
    private readonly SemanticModel _model;
    private readonly CancellationToken _cancellationToken;

    public InlineServers(SemanticModel model, CancellationToken cancellationToken)
    {
        (_model, _cancellationToken) = (model, cancellationToken);
        var assignments = model.SyntaxTree.GetRoot(cancellationToken).DescendantNodes().OfType<AssignmentExpressionSyntax>()
            .Where(node => NameOf(node.Left) is Inline or "Transport")
            .Select(node => model.GetOperation(node, cancellationToken)).OfType<ISimpleAssignmentOperation>().ToArray();
        foreach (var assignment in assignments.Where(SetsInline))
        {
            if (((IPropertyReferenceOperation)assignment.Target).Instance?.GetSymbol() is { } options)
                _inlineOptions.Add(options);
        }

        foreach (var assignment in assignments)
        {
            if (assignment.Target is IPropertyReferenceOperation { Property.Name: "Transport", Instance: { } instance } target
                && target.Property.ContainingType.GetFullName() == Names.ServerOptions
                && IsInline(assignment.Value, depth: 0)
                && FindOptions(instance) is { } server)
                _servers.Add(server);
        }
    }

    public bool IsEmpty => _servers.Count == 0;

    /// <summary>Whether the handler is registered at an endpoint of options whose transport runs it inline.</summary>
    public bool Run(IInvocationOperation registration)
    {
        IOperation? current = registration;
        for (var depth = 0; depth < 50 && current is not null; depth++)
        {
            if (current is IInvocationOperation call)
                current = call.GetReceiver();
            else if (current.GetSymbol() is { } symbol && _servers.Contains(symbol))
                return true;
            else
                current = current is ILocalReferenceOperation local ? FindInitializer(local.Local) : null;
        }

        return false;
    }

    private static string? NameOf(ExpressionSyntax target) => target switch
    {
        IdentifierNameSyntax name => name.Identifier.Text,
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        _ => null,
    };

    private static bool SetsInline(ISimpleAssignmentOperation assignment) =>
        assignment.Target is IPropertyReferenceOperation { Property: { Name: Inline, ContainingType: var type } }
        && type.GetFullName() == Names.SocketTransportOptions
        && assignment.Value.ConstantValue is { HasValue: true, Value: true };

    /// <summary>The variable with the options of the server: the target, or the one that an object initializer is for.</summary>
    private static ISymbol? FindOptions(IOperation instance) => instance switch
    {
        IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ImplicitReceiver } =>
            FindCreation(instance)?.GetUser() is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator }
                ? declarator.Symbol
                : null,
        _ => instance.GetSymbol(),
    };

    private static IOperation? FindCreation(IOperation operation)
    {
        var current = operation.Parent;
        while (current is not null and not IObjectCreationOperation)
            current = current.Parent;
        return current;
    }

    /// <summary>Whether a transport, or its options, have inline scheduling.</summary>
    private bool IsInline(IOperation value, int depth)
    {
        if (depth > 8)
            return false;
        switch (value.Unwrap())
        {
            case IObjectCreationOperation creation:
                return creation.Arguments.Any(argument => IsInline(argument.Value, depth + 1))
                    || HasInline(creation.Initializer, depth + 1);
            case ILocalReferenceOperation local:
                return _inlineOptions.Contains(local.Local)
                    || (FindInitializer(local.Local) is { } initializer && IsInline(initializer, depth + 1));
            case IFieldReferenceOperation { Field: { IsReadOnly: true } field }:
                return FindInitializer(field) is { } ofField && IsInline(ofField, depth + 1);
            default:
                return false;
        }
    }

    private bool HasInline(IObjectOrCollectionInitializerOperation? initializer, int depth) =>
        initializer?.Initializers.Any(one => one switch
        {
            ISimpleAssignmentOperation assignment => SetsInline(assignment) || IsInline(assignment.Value, depth),
            IMemberInitializerOperation member => HasInline(member.Initializer, depth),
            _ => false,
        }) ?? false;

    private IOperation? FindInitializer(ISymbol variable) =>
        variable.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(_cancellationToken)
            is VariableDeclaratorSyntax { Initializer.Value: { } value } declarator && declarator.SyntaxTree == _model.SyntaxTree
            ? _model.GetOperation(value, _cancellationToken)
            : null;
}
