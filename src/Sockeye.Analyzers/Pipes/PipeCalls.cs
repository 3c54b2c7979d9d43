using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Calls of members of a pipe reader.</summary>
internal static class PipeCalls
{
    private static readonly HashSet<string> Reads = ["ReadAsync", "ReadAtLeastAsync", "TryRead"];

    public static bool IsRead(IInvocationOperation call) => Reads.Contains(call.TargetMethod.Name) && IsOfReader(call);

    /// <summary>Whether the call may end the need to advance a reader: it advances, completes, copies or converts it.</summary>
    public static bool EndsRead(IInvocationOperation call) =>
        IsOfReader(call) && !Reads.Contains(call.TargetMethod.Name) && call.TargetMethod.Name != "CancelPendingRead";

    /// <summary>Whether the call is a read, and the body has its result: it is awaited, or the condition of the block.</summary>
    public static bool IsHeld(IInvocationOperation call, BasicBlock block) =>
        IsRead(call) && (IsAwaited(call) || (block.BranchValue is { } condition && condition.RemoveNot(out _) == call));

    private static bool IsAwaited(IInvocationOperation read)
    {
        IOperation current = read;
        while (current.GetUser() is { } user)
        {
            if (user is IAwaitOperation)
                return true;
            // ReadAsync(…).ConfigureAwait(…), AsTask(), WaitAsync(…)
            if (user is not IInvocationOperation { TargetMethod.Name: "ConfigureAwait" or "AsTask" or "WaitAsync" or "Preserve" })
                return false;
            current = user;
        }

        return false;
    }

    private static bool IsOfReader(IInvocationOperation call) =>
        call.Instance is not null && call.TargetMethod.ContainingType.DerivesFrom(Names.PipeReader);
}
