using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>
/// The conditions that one path has met, and the values that they had. A condition on locals keeps its value until one of them is
/// assigned, so a path that would need both values cannot happen.
/// </summary>
internal sealed class Conditions
{
    private readonly Dictionary<string, (bool Value, ISymbol[] Of)> _known;

    public Conditions() => _known = [];

    private Conditions(Conditions other) => _known = new(other._known);

    public Conditions Copy() => new(this);

    /// <summary>Returns a text that is the same for the same conditions.</summary>
    public override string ToString() => string.Join(
        ";", _known.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value.Value}"));

    /// <summary>Returns the value that a condition has; null if both are possible.</summary>
    public bool? Find(IOperation condition)
    {
        if (condition.ConstantValue is { HasValue: true, Value: bool constant })
            return constant;
        return Key(condition) is var (key, _, isNegated) && _known.TryGetValue(key, out var known)
            ? known.Value != isNegated
            : null;
    }

    public void Add(IOperation condition, bool value)
    {
        if (Key(condition) is var (key, symbols, isNegated))
            _known[key] = (value != isNegated, symbols);
    }

    /// <summary>Records the effect of an operation on variables.</summary>
    public void Apply(IOperation operation)
    {
        switch (operation)
        {
            case ISimpleAssignmentOperation { Target: var target, Value.ConstantValue: { HasValue: true, Value: bool value } }
                when target.GetSymbol() is ILocalSymbol local:
                Forget(local);
                _known[local.Name] = (value, [local]);
                break;
            case IAssignmentOperation { Target: var target } when target.GetSymbol() is { } symbol:
                Forget(symbol);
                break;
            case IIncrementOrDecrementOperation { Target: var target } when target.GetSymbol() is { } symbol:
                Forget(symbol);
                break;
            case IDeconstructionAssignmentOperation { Target: var target }:
                foreach (var element in target.DescendantsAndSelf())
                    Forget(element.GetSymbol());
                break;
            case IAssignmentOperation: // To a target that the compiler has captured.
                _known.Clear();
                break;
            case IArgumentOperation { Parameter.RefKind: not RefKind.None, Value: var value }:
                Forget(value.GetSymbol());
                break;
            case IInvocationOperation { Instance: { } instance }:
                Forget(instance.GetSymbol()); // It may change the object.
                break;
        }
    }

    private void Forget(ISymbol? symbol)
    {
        if (symbol is null)
            return;
        foreach (var key in _known.Where(pair => pair.Value.Of.Contains(symbol, SymbolEqualityComparer.Default))
            .Select(pair => pair.Key).ToArray())
            _known.Remove(key);
    }

    private static (string Key, ISymbol[] Of, bool IsNegated)? Key(IOperation condition)
    {
        var current = condition.RemoveNot(out var isNegated);
        var symbols = new List<ISymbol>();
        foreach (var part in current.DescendantsAndSelf())
        {
            switch (part)
            {
                case ILocalReferenceOperation local:
                    symbols.Add(local.Local);
                    break;
                case IParameterReferenceOperation parameter:
                    symbols.Add(parameter.Parameter);
                    break;
                case IPropertyReferenceOperation { Instance: not null } or IBinaryOperation or IUnaryOperation
                    or ILiteralOperation or IConversionOperation or IParenthesizedOperation or IIsPatternOperation
                    or IPatternOperation:
                    break;
                default:
                    return null;
            }
        }

        return symbols.Count > 0 ? (current.Syntax.ToString(), [.. symbols], isNegated) : null;
    }
}
