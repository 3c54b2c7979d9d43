using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Finds state that a codec keeps from one call to the next.</summary>
internal sealed class CodecState(Compilation compilation, CancellationToken cancellationToken)
{
    private static readonly HashSet<string> Changing =
    [
        "Add", "AddRange", "Advance", "Append", "AppendLine", "Clear", "Dequeue", "Enqueue", "Insert", "Pop", "Push", "Remove",
        "RemoveAt", "RemoveRange", "SetLength", "TryAdd", "TryDequeue", "TryPop", "Write", "WriteByte",
    ];

    private static readonly HashSet<string> ChangeableTypes =
    [
        "System.Buffers.ArrayBufferWriter", "System.IO.MemoryStream", "System.Text.StringBuilder",
    ];

    /// <summary>Returns the name of the state; null if the value is not a codec with state that this compilation shows.</summary>
    public string? Find(IOperation codec)
    {
        var value = codec.Unwrap();
        if (value is IInvocationOperation { TargetMethod: { Name: "WithMessages" } method } call
            && method.ContainingType.DerivesFrom(Names.FrameCodec))
            return call.Arguments.Select(one => FindCaptured(one.Value.Unwrap())).FirstOrDefault(name => name is not null);
        return value.Type is INamedTypeSymbol type && IsCodec(type) ? FindState(type.OriginalDefinition) : null;
    }

    private static bool IsCodec(ITypeSymbol type) => type.TypeKind is TypeKind.Class
        && (type.Implements(Names.FrameDecoder) || type.Implements(Names.FrameEncoder));

    /// <summary>The first variable outside of a lambda that it assigns.</summary>
    private static string? FindCaptured(IOperation function) => function is IAnonymousFunctionOperation lambda
        ? lambda.Body.Descendants().Select(FindChanged)
            .FirstOrDefault(target => target is ILocalSymbol local && IsOutside(local, lambda))?.Name
        : null;

    private static bool IsOutside(ILocalSymbol local, IAnonymousFunctionOperation lambda) =>
        local.DeclaringSyntaxReferences.FirstOrDefault() is { } declaration
        && !(declaration.SyntaxTree == lambda.Syntax.SyntaxTree && lambda.Syntax.FullSpan.Contains(declaration.Span));

    /// <summary>The first field of the instance that decoding or encoding changes, outside of a lock.</summary>
    private string? FindState(INamedTypeSymbol type) =>
        new CodecMethods(type, compilation, cancellationToken).GetBodies()
            .SelectMany(body => body.Descendants())
            .Where(operation => !IsUnderLock(operation))
            .Select(FindChanged)
            .FirstOrDefault(state => state is IFieldSymbol or IPropertySymbol
                && !state.IsStatic && state.ContainingType.OriginalDefinition.Is(type))?.Name;

    private static ISymbol? FindChanged(IOperation operation) => operation switch
    {
        ICoalesceAssignmentOperation => null, // A cache: any of the values that compete for it will do.
        IAssignmentOperation { Target: IArrayElementReferenceOperation element } => FindOwn(element.ArrayReference),
        IAssignmentOperation assignment => FindOwn(assignment.Target),
        IIncrementOrDecrementOperation increment => FindOwn(increment.Target),
        IInvocationOperation { Instance: { } instance, TargetMethod.Name: var name }
            when Changing.Contains(name) && IsChangeable(instance.Type) => FindOwn(instance),
        IInvocationOperation { TargetMethod.Name: "CopyTo" } copy when copy.Arguments.LastOrDefault() is { Value: var target }
            && target.Unwrap().Type is IArrayTypeSymbol => FindOwn(target),
        _ => null,
    };

    private static ISymbol? FindOwn(IOperation target) => target.Unwrap() switch
    {
        IFieldReferenceOperation { Instance: IInstanceReferenceOperation } field => field.Field,
        IPropertyReferenceOperation { Instance: IInstanceReferenceOperation } property => property.Property,
        ILocalReferenceOperation local => local.Local,
        _ => null,
    };

    private static bool IsChangeable(ITypeSymbol? type) => type is not null
        && (ChangeableTypes.Contains(type.GetFullName())
            || type.ContainingNamespace?.ToDisplayString() == "System.Collections.Generic");

    private static bool IsUnderLock(IOperation operation)
    {
        for (var current = operation.Parent; current is not null; current = current.Parent)
        {
            if (current is ILockOperation)
                return true;
        }

        return false;
    }
}
