using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>A loop over messages that are slices of the receive buffer, and the variables that hold the current
/// one.</summary>
internal sealed class BorrowedLoop
{
    private static readonly HashSet<string> Slices = ["Slice", "First", "GetPosition"];

    private readonly HashSet<ISymbol> _holders = new(SymbolEqualityComparer.Default);

    private BorrowedLoop(IForEachLoopOperation loop, ILocalSymbol message)
    {
        Loop = loop;
        _holders.Add(message);
        foreach (var declarator in loop.Body.Descendants().OfType<IVariableDeclaratorOperation>())
        {
            if (declarator.GetVariableInitializer() is { Value: var value } && Borrows(value))
                _holders.Add(declarator.Symbol);
        }
    }

    public IForEachLoopOperation Loop { get; }

    /// <summary>Returns the loop if its messages are borrowed: <c>await foreach (var message in peer.ReadAllAsync())</c> with a
    /// message of type <c>ReadOnlySequence</c>.</summary>
    public static BorrowedLoop? Find(IForEachLoopOperation loop) =>
        loop.IsAsynchronous && FindVariable(loop) is { } message && IsBorrowed(message.Type)
        && loop.Collection.DescendantsAndSelf().Any(IsReadAll)
            ? new(loop, message)
            : null;

    /// <summary>Whether the call reads messages that are borrowed.</summary>
    public static bool IsReadAll(IOperation operation) =>
        operation is IInvocationOperation { TargetMethod: { Name: "ReadAllAsync", ContainingType: var type } }
        && type.GetFullName() == Names.MessageConnection
        && type.TypeArguments.FirstOrDefault() is { } message && IsBorrowed(message);

    /// <summary>Whether the value is the current message, a slice of it, or a tuple with one.</summary>
    public bool Borrows(IOperation value) => value.Unwrap() switch
    {
        ILocalReferenceOperation local => _holders.Contains(local.Local),
        IInvocationOperation { Instance: { } instance } call => Slices.Contains(call.TargetMethod.Name) && Borrows(instance),
        IPropertyReferenceOperation { Instance: { } instance } part => Slices.Contains(part.Property.Name) && Borrows(instance),
        ITupleOperation tuple => tuple.Elements.Any(Borrows),
        _ => false,
    };

    /// <summary>Whether a variable is declared outside of the loop, so that it outlives the message.</summary>
    public bool IsOutside(ISymbol? variable) => variable is null or IFieldSymbol or IPropertySymbol
        || variable.DeclaringSyntaxReferences.FirstOrDefault() is not { } declaration
        || !Loop.Syntax.FullSpan.Contains(declaration.Span);

    private static ILocalSymbol? FindVariable(IForEachLoopOperation loop) =>
        loop.LoopControlVariable is IVariableDeclaratorOperation declarator ? declarator.Symbol : null;

    private static bool IsBorrowed(ITypeSymbol type) => type.GetFullName() == Names.Sequence;
}
