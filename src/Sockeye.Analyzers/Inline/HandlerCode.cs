using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>The operations that run where a handler runs: its own, and those of the methods of its file that it calls.</summary>
internal sealed class HandlerCode(SemanticModel model, CancellationToken cancellationToken)
{
    private const int MaxDepth = 5;

    private readonly HashSet<ISymbol> _visited = new(SymbolEqualityComparer.Default);

    public IEnumerable<IOperation> GetOperations(IOperation body, int depth = 0)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var operation in body.GetOwnOperations())
        {
            if (operation is IAwaitOperation { Operation: var awaited } && LeavesThread(awaited.Unwrap()))
                yield break;
            yield return operation;
            if (operation is not IInvocationOperation { TargetMethod: { IsVirtual: false, IsAbstract: false } method }
                || depth >= MaxDepth || !_visited.Add(method.OriginalDefinition)
                || HandlerFinder.FindBody(model, method.OriginalDefinition, cancellationToken) is not { } called)
                continue;
            foreach (var inner in GetOperations(called, depth + 1))
                yield return inner;
        }
    }

    /// <summary>Whether the code after an await runs on the thread pool, where it does not stop other connections.</summary>
    private static bool LeavesThread(IOperation awaited) => awaited switch
    {
        IInvocationOperation { TargetMethod: { Name: "ConfigureAwait" } } configured =>
            configured.Instance is { } task && LeavesThread(task.Unwrap()),
        IInvocationOperation { TargetMethod: var method } => method.GetMemberName()
            is "System.Threading.Tasks.Task.Run" or "System.Threading.Tasks.Task.Yield" or "System.Threading.Tasks.Task.Delay",
        _ => false,
    };
}
