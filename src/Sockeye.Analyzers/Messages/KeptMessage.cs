using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>The ways in which the body of a loop keeps a borrowed message for longer than the loop's next step.</summary>
internal static class KeptMessage
{
    private static readonly HashSet<string> Adding =
    [
        "Add", "AddFirst", "AddLast", "Append", "AddOrUpdate", "Enqueue", "Insert", "Prepend", "Push", "SetResult", "TryAdd",
        "TrySetResult", "TryWrite", "WriteAsync",
    ];

    /// <summary>Returns the name of what keeps the message, if the operation does; null if it does not.</summary>
    public static string? Find(IOperation operation, BorrowedLoop loop) => operation switch
    {
        ISimpleAssignmentOperation assignment when loop.Borrows(assignment.Value) => FindTarget(assignment, loop),
        IInvocationOperation call when call.Arguments.Any(one => loop.Borrows(one.Value)) =>
            Adds(call) ? FindCollection(call, loop) : IsWrite(call) ? "the write, which is not awaited" : null,
        IAnonymousFunctionOperation lambda when IsStarted(lambda) && Captures(lambda, loop) => "the task, which is not awaited",
        _ => null,
    };

    private static string? FindTarget(ISimpleAssignmentOperation assignment, BorrowedLoop loop)
    {
        switch (assignment.Target)
        {
            case IFieldReferenceOperation field when !IsSetAgain(field.Field, assignment, loop):
                return $"the field '{field.Field.Name}'";
            case IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { } instance }
                when loop.IsOutside(instance.GetSymbol()):
                return $"'{instance.Syntax}'";
            case IArrayElementReferenceOperation { ArrayReference: { } array } when loop.IsOutside(array.GetSymbol()):
                return $"'{array.Syntax}'";
            case IPropertyReferenceOperation { Property: { IsIndexer: false } property }
                when property.ContainingType.DeclaringSyntaxReferences.Length > 0 && !IsSetAgain(property, assignment, loop):
                return $"the property '{property.Name}'";
            case ILocalReferenceOperation { Local: var local }
                when loop.IsOutside(local) && !LeavesLoop(assignment) && IsReadLater(local, assignment, loop):
                return $"the variable '{local.Name}'";
            default:
                return null;
        }
    }

    private static bool Adds(IInvocationOperation call) =>
        Adding.Contains(call.TargetMethod.Name)
        && (call.GetReceiver()?.Type ?? call.TargetMethod.ContainingType) is { } type
        && type.ContainingNamespace?.ToDisplayString() is { } name
        && (name.StartsWith("System.Collections", StringComparison.Ordinal)
            || name is "System.Threading.Channels" or "System.Threading.Tasks");

    private static bool IsWrite(IInvocationOperation call) => call.TargetMethod.Name == "WriteAsync"
        && call.TargetMethod.ContainingType.DerivesFrom(Names.MessageConnection) && call.IsDiscarded();

    private static bool Captures(IAnonymousFunctionOperation lambda, BorrowedLoop loop) =>
        lambda.Body.Descendants().Any(part => part is ILocalReferenceOperation && loop.Borrows(part));

    private static string? FindCollection(IInvocationOperation call, BorrowedLoop loop) =>
        call.GetReceiver() is { } receiver && loop.IsOutside(FindRoot(receiver)) ? $"'{receiver.Syntax}'" : null;

    /// <summary>The variable at the start of an expression: queue in queue.Writer.</summary>
    private static ISymbol? FindRoot(IOperation operation)
    {
        var current = operation.Unwrap();
        while (current is IPropertyReferenceOperation { Instance: { } instance } && instance is not IInstanceReferenceOperation)
            current = instance.Unwrap();
        return current.GetSymbol();
    }

    private static bool IsStarted(IAnonymousFunctionOperation lambda) =>
        lambda.GetUser() is IArgumentOperation { Parent: IInvocationOperation call }
        && StartingCalls.Contains(call)
        && (call.IsDiscarded() || call.GetUser() is IArgumentOperation);

    /// <summary>Whether the loop ends right after the assignment, so that the message stays valid.</summary>
    private static bool LeavesLoop(IOperation assignment)
    {
        var statement = assignment.Parent is IExpressionStatementOperation parent ? parent : assignment;
        return statement.Parent is IBlockOperation block
            && block.Operations.SkipWhile(one => one != statement).Skip(1)
                .Any(one => one is IBranchOperation { BranchKind: BranchKind.Break } or IReturnOperation or IThrowOperation
                    or IExpressionStatementOperation { Operation: IThrowOperation });
    }

    /// <summary>Whether a later step of the loop, or the code after it, can read the variable before it is set again.</summary>
    private static bool IsReadLater(ILocalSymbol local, ISimpleAssignmentOperation assignment, BorrowedLoop loop)
    {
        IOperation root = loop.Loop;
        while (root.Parent is { } parent)
            root = parent;
        var loopSpan = loop.Loop.Syntax.Span;
        return root.Descendants().OfType<ILocalReferenceOperation>().Any(reference =>
            reference.Local.Is(local)
            && (reference.Parent as ISimpleAssignmentOperation)?.Target != reference
            && (reference.Syntax.SpanStart >= loopSpan.End
                || (reference.Syntax.SpanStart >= loopSpan.Start && reference.Syntax.SpanStart < assignment.Syntax.SpanStart)));
    }

    private static bool IsSetAgain(ISymbol member, ISimpleAssignmentOperation assignment, BorrowedLoop loop) =>
        loop.Loop.Body.Descendants().OfType<ISimpleAssignmentOperation>().Any(other =>
            other != assignment && other.Target.GetSymbol().Is(member));
}
