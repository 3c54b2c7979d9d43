using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Searches the paths of a body for reads of a pipe that can be followed by another one without an advance between
/// them.</summary>
internal sealed class PathSearch(ControlFlowGraph graph, ReaderScope scope, ReaderPath reader)
{
    /// <summary>The limit of a search. A body with more paths than that is not reported.</summary>
    private const int MaxStates = 5000;

    private readonly Stack<State> _pending = new();
    private readonly HashSet<(int Block, IOperation? Held, string Conditions)> _visited = [];
    private readonly HashSet<IInvocationOperation> _found = [];

    /// <summary>Returns the reads that are not advanced on some path to the next one.</summary>
    public IEnumerable<IInvocationOperation> Run()
    {
        _pending.Push(new(graph.Blocks[0], null, new()));
        while (_pending.Count > 0)
        {
            var state = _pending.Pop();
            if (!_visited.Add((state.Block.Ordinal, state.Held, state.Conditions.ToString())))
                continue;
            if (_visited.Count > MaxStates)
                return [];
            Visit(state);
        }

        return _found;
    }

    /// <summary>The operations of a block. An operation comes after those that compute its operands.</summary>
    public static IEnumerable<IOperation> EvaluationOrder(BasicBlock block) =>
        (block.BranchValue is { } value ? block.Operations.Append(value) : block.Operations).SelectMany(PostOrder);

    private static IEnumerable<IOperation> PostOrder(IOperation operation) => operation is IFlowAnonymousFunctionOperation
        ? [operation]
        : operation.ChildOperations.SelectMany(PostOrder).Append(operation);

    private void Visit(State state)
    {
        var (block, held, conditions) = (state.Block, state.Held, state.Conditions);
        foreach (var operation in EvaluationOrder(block))
        {
            conditions.Apply(operation);
            if (operation is IAssignmentOperation { Target: var target } && target.DescendantsAndSelf().Any(IsRoot))
                held = null; // Another reader, as in each step of a loop that connects.
            if (operation is not IInvocationOperation call || !IsOfReader(call))
                continue;
            if (held is not null && PipeCalls.IsRead(call))
                _found.Add(held);
            held = PipeCalls.IsHeld(call, block) ? call : null;
        }

        if (block.BranchValue is { } condition && block.ConditionalSuccessor is { } conditional)
        {
            var whenTaken = block.ConditionKind is ControlFlowConditionKind.WhenTrue;
            Follow(conditional, held, conditions, condition, whenTaken);
            Follow(block.FallThroughSuccessor, held, conditions, condition, !whenTaken);
        }
        else
        {
            Follow(block.FallThroughSuccessor, held, conditions);
        }
    }

    private void Follow(
        ControlFlowBranch? branch, IInvocationOperation? held, Conditions conditions, IOperation? condition = null,
        bool value = true)
    {
        if (branch is not { Destination: { } next, Semantics: ControlFlowBranchSemantics.Regular })
            return;
        var copy = conditions.Copy();
        if (condition is not null)
        {
            if ((copy.Find(condition) ?? value) != value)
                return;
            copy.Add(condition, value);
            if (HoldsNothing(condition, value, held))
                held = null;
        }

        if (branch.FinallyRegions.Any(Advances))
            held = null;
        _pending.Push(new(next, held, copy));
    }

    /// <summary>Whether the condition says that the read returned nothing that has to be advanced.</summary>
    private static bool HoldsNothing(IOperation condition, bool value, IInvocationOperation? read)
    {
        var isTrue = condition.RemoveNot(out var isNegated) is var current && value != isNegated;
        return current switch
        {
            IPropertyReferenceOperation { Property: { Name: "IsCanceled", ContainingType.Name: "ReadResult" } } => isTrue,
            IInvocationOperation call => call == read && !isTrue, // TryRead
            _ => false,
        };
    }

    private bool IsRoot(IOperation target) => target.GetSymbol().Is(reader.Root);

    private bool Advances(ControlFlowRegion region) =>
        graph.Blocks.Skip(region.FirstBlockOrdinal).Take(region.LastBlockOrdinal - region.FirstBlockOrdinal + 1)
            .SelectMany(EvaluationOrder).OfType<IInvocationOperation>()
            .Any(call => PipeCalls.EndsRead(call) && IsOfReader(call));

    /// <summary>Whether a call reads or advances the reader. A call on a reader without a path may advance this one.</summary>
    private bool IsOfReader(IInvocationOperation call) =>
        PipeCalls.IsRead(call)
            ? scope.FindReader(call) is { } path && path.Equals(reader)
            : PipeCalls.EndsRead(call) && (scope.FindReader(call) is not { } other || other.Equals(reader));

    /// <summary>A point of a path: the next block, the read that is not advanced, and the known conditions.</summary>
    private sealed class State(BasicBlock block, IInvocationOperation? held, Conditions conditions)
    {
        public BasicBlock Block { get; } = block;

        public IInvocationOperation? Held { get; } = held;

        public Conditions Conditions { get; } = conditions;
    }
}
