using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>
/// The variables of one member that lead to pipe readers: which are the same reader, and which may be advanced by code elsewhere.
/// </summary>
internal sealed class ReaderScope
{
    private const int MaxDepth = 20;

    private static readonly HashSet<string> Links = ["Transport", "Input", "Connection"];

    /// <summary>Members of Sockeye that take a connection and do not read from it.</summary>
    private static readonly HashSet<string> HarmlessExtensions = ["Abort", "GetTcpInfo"];

    private readonly Dictionary<ISymbol, IOperation> _values = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _reassigned = new(SymbolEqualityComparer.Default);
    private readonly List<IOperation> _references = [];
    private readonly Dictionary<SyntaxNode, IOperation> _instances = [];
    private readonly ISymbol _member;

    public ReaderScope(ISymbol member, IOperation body)
    {
        _member = member;
        foreach (var operation in body.DescendantsAndSelf())
            Add(operation);
    }

    /// <summary>Returns the path of a reader, or of what leads to one; null for an expression that is more than a path.</summary>
    public ReaderPath? FindPath(IOperation operation) => FindPath(operation, depth: 0);

    /// <summary>Returns the path of the reader that a call in a control flow graph is on. There, the reader may be a capture,
    /// so the path is read from the code.</summary>
    public ReaderPath? FindReader(IInvocationOperation call) =>
        _instances.TryGetValue(call.Syntax, out var instance) ? FindPath(instance) : null;

    /// <summary>Whether other code may advance the reader: it is stored, passed, captured or replaced.</summary>
    public bool Escapes(ReaderPath reader) =>
        !IsOwn(reader.Root) || _reassigned.Contains(reader.Root) || _references.Any(reference => Escapes(reference, reader));

    private ReaderPath? FindPath(IOperation operation, int depth)
    {
        // Unfinished code may have a variable whose value is itself.
        if (depth > MaxDepth)
            return null;
        switch (operation.Unwrap())
        {
            case IPropertyReferenceOperation { Instance: { } instance, Property.Name: var name } when Links.Contains(name):
                return FindPath(instance, depth + 1)?.Append(name);
            case ILocalReferenceOperation or IParameterReferenceOperation when operation.GetSymbol() is { } symbol:
                return !_reassigned.Contains(symbol) && _values.TryGetValue(symbol, out var value)
                    && FindPath(value, depth + 1) is { } path
                    ? path
                    : new ReaderPath(symbol, "");
            default:
                return null;
        }
    }

    private bool Escapes(IOperation reference, ReaderPath reader)
    {
        if (FindPath(reference) is not { } path || !path.LeadsTo(reader))
            return false;
        if (IsCaptured(reference))
            return true;
        var current = reference;
        while (current.GetUser() is IPropertyReferenceOperation property && property.Instance?.Unwrap() == current)
        {
            if (FindPath(property) is not { } longer || !longer.LeadsTo(reader))
                return false; // Another member, such as Output or ConnectionId.
            current = property;
        }

        return current.GetUser() switch
        {
            IInvocationOperation call => call.Instance?.Unwrap() != current || call.TargetMethod.Name == "AsStream",
            IArgumentOperation { Parent: IInvocationOperation call } =>
                call.GetReceiver() != current || !HarmlessExtensions.Contains(call.TargetMethod.Name),
            IPropertyReferenceOperation or IIsPatternOperation or IBinaryOperation => false,
            IVariableInitializerOperation => !IsAlias(current),
            ITupleOperation => !IsAlias(current),
            _ => true,
        };
    }

    /// <summary>Whether the value initializes a local that stands for it from then on.</summary>
    private bool IsAlias(IOperation value) => _values.Any(pair => pair.Value == value && !_reassigned.Contains(pair.Key));

    private bool IsOwn(ISymbol root) => root is ILocalSymbol
        || (root is IParameterSymbol parameter && parameter.ContainingSymbol is IMethodSymbol method
            && (method.MethodKind is not MethodKind.Constructor || method.Is(_member)));

    private bool IsCaptured(IOperation reference)
    {
        ISymbol function = _member;
        for (var current = reference.Parent; current is not null; current = current.Parent)
        {
            if (((current as IAnonymousFunctionOperation)?.Symbol ?? (current as ILocalFunctionOperation)?.Symbol) is { } inner)
            {
                function = inner;
                break;
            }
        }

        return !(reference.GetSymbol()?.ContainingSymbol).Is(function);
    }

    private void Add(IOperation operation)
    {
        switch (operation)
        {
            case ILocalReferenceOperation { IsDeclaration: false } or IParameterReferenceOperation:
                _references.Add(operation);
                break;
            case IInvocationOperation { Instance: { } instance }:
                _instances[operation.Syntax] = instance;
                break;
            case IVariableDeclaratorOperation { Symbol: var local } declarator
                when declarator.GetVariableInitializer() is { Value: var value }:
                _values[local] = value.Unwrap();
                break;
            case IDeconstructionAssignmentOperation deconstruction:
                AddDeconstruction(deconstruction);
                break;
            case IAssignmentOperation { Target: var target } when target.GetSymbol() is { } symbol:
                _reassigned.Add(symbol);
                break;
            case IArgumentOperation { Parameter.RefKind: RefKind.Ref or RefKind.Out, Value: var value }
                when value.GetSymbol() is { } symbol:
                _reassigned.Add(symbol);
                break;
        }
    }

    private void AddDeconstruction(IDeconstructionAssignmentOperation deconstruction)
    {
        var isDeclaration = deconstruction.Target is IDeclarationExpressionOperation;
        var target = deconstruction.Target is IDeclarationExpressionOperation declaration
            ? declaration.Expression
            : deconstruction.Target;
        if (target is not ITupleOperation { Elements: var variables })
            return;
        var values = deconstruction.Value.Unwrap() is ITupleOperation tuple ? tuple.Elements : default;
        for (var i = 0; i < variables.Length; i++)
        {
            if (variables[i].GetSymbol() is not { } symbol)
                continue;
            if (isDeclaration && !values.IsDefault && values.Length == variables.Length)
                _values[symbol] = values[i].Unwrap();
            else
                _reassigned.Add(symbol);
        }
    }
}
