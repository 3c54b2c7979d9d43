using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Walks over operations.</summary>
internal static class OperationExtensions
{
    /// <summary>Removes conversions, parentheses and delegate creations around a value.</summary>
    public static IOperation Unwrap(this IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IConversionOperation conversion:
                    operation = conversion.Operand;
                    break;
                case IParenthesizedOperation parenthesized:
                    operation = parenthesized.Operand;
                    break;
                case IDelegateCreationOperation creation:
                    operation = creation.Target;
                    break;
                default:
                    return operation;
            }
        }
    }

    /// <summary>Gets the operation that uses a value, above conversions, parentheses and delegate creations.</summary>
    public static IOperation? GetUser(this IOperation operation)
    {
        var parent = operation.Parent;
        while (parent is IConversionOperation or IParenthesizedOperation or IDelegateCreationOperation)
            parent = parent.Parent;
        return parent;
    }

    /// <summary>Gets the operation whose value a call is invoked on, also for an extension method.</summary>
    public static IOperation? GetReceiver(this IInvocationOperation call)
    {
        if (call.Instance is { } instance)
            return instance.Unwrap();
        return call.TargetMethod is { IsExtensionMethod: true } or { ContainingType.IsExtension: true }
            ? call.Arguments.FirstOrDefault(argument => argument.Parameter?.Ordinal == 0)?.Value.Unwrap()
            : null;
    }

    /// <summary>Gets the local variable, parameter or field that an operation reads; null for anything else.</summary>
    public static ISymbol? GetSymbol(this IOperation operation) => operation.Unwrap() switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IFieldReferenceOperation field => field.Field,
        IPropertyReferenceOperation { Property.Parameters.Length: 0 } property => property.Property,
        _ => null,
    };

    /// <summary>Gets an operation and all below it, but nothing inside lambdas and local functions.</summary>
    public static IEnumerable<IOperation> GetOwnOperations(this IOperation root)
    {
        var pending = new Stack<IOperation>();
        pending.Push(root);
        while (pending.Count > 0)
        {
            var operation = pending.Pop();
            yield return operation;
            if (operation != root && operation is IAnonymousFunctionOperation or ILocalFunctionOperation)
                continue;
            foreach (var child in operation.ChildOperations.Reverse())
                pending.Push(child);
        }
    }

    /// <summary>Whether the value of a task is thrown away: the call is a statement, or is assigned to a discard.</summary>
    public static bool IsDiscarded(this IOperation call) => call.GetUser() switch
    {
        IExpressionStatementOperation => true,
        ISimpleAssignmentOperation { Target: IDiscardOperation } => true,
        _ => false,
    };

    /// <summary>Removes the negations around a condition.</summary>
    public static IOperation RemoveNot(this IOperation condition, out bool isNegated)
    {
        isNegated = false;
        var current = condition.Unwrap();
        while (current is IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } not)
            (current, isNegated) = (not.Operand.Unwrap(), !isNegated);
        return current;
    }

    /// <summary>Whether the type is Task or ValueTask, with or without a result.</summary>
    public static bool IsTask(this ITypeSymbol? type) =>
        type?.Name is "Task" or "ValueTask" && type.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks";
}
