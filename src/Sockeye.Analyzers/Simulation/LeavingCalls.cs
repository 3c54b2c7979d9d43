using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Calls after which code runs on another thread, where no seed controls it.</summary>
internal static class LeavingCalls
{
    private const string Direct = "call the code directly, or start an async method without awaiting it";
    private const int ContinueOnCapturedContext = 1;

    private static readonly Dictionary<string, string> WayOut = new()
    {
        ["System.Threading.Tasks.Task.Run"] = Direct,
        ["System.Threading.Tasks.TaskFactory.StartNew"] = Direct,
        ["System.Threading.ThreadPool.QueueUserWorkItem"] = Direct,
        ["System.Threading.ThreadPool.UnsafeQueueUserWorkItem"] = Direct,
        ["System.Threading.Thread"] = Direct,
        ["System.Threading.Tasks.Parallel.For"] = "use a loop",
        ["System.Threading.Tasks.Parallel.ForEach"] = "use a loop",
        ["System.Threading.Tasks.Parallel.ForAsync"] = "use a loop, or await Task.WhenAll",
        ["System.Threading.Tasks.Parallel.ForEachAsync"] = "use a loop, or await Task.WhenAll",
        ["System.Threading.Tasks.Parallel.Invoke"] = Direct,
        ["System.Threading.CancellationTokenSource.CancelAsync"] = "call Cancel",
        ["System.Threading.Channels.ChannelReader.ReadAllAsync"] = "use a loop of WaitToReadAsync and TryRead",
    };

    /// <summary>Returns the text of a call that leaves the simulation, and the way out; null for any other operation.</summary>
    public static (string Call, string WayOut)? Find(IOperation operation) => operation switch
    {
        IInvocationOperation { TargetMethod: { Name: "ConfigureAwait", Parameters.Length: 1 } } call when LeavesContext(call) =>
            ($"ConfigureAwait({call.Arguments[0].Value.Syntax})", "await without it"),
        IInvocationOperation call when WayOut.TryGetValue(call.TargetMethod.GetMemberName(), out var wayOut) =>
            ($"{call.TargetMethod.ContainingType.Name}.{call.TargetMethod.Name}", wayOut),
        IObjectCreationOperation { Type: { } type } when WayOut.TryGetValue(type.GetFullName(), out var wayOut) =>
            ($"new {type.Name}", wayOut),
        _ => null,
    };

    private static bool LeavesContext(IInvocationOperation call) =>
        call.TargetMethod.ContainingNamespace.ToDisplayString().StartsWith("System", StringComparison.Ordinal)
        && call.Arguments[0].Value.ConstantValue switch
        {
            { HasValue: true, Value: bool keepsContext } => !keepsContext,
            { HasValue: true, Value: int options } => (options & ContinueOnCapturedContext) == 0,
            _ => false,
        };
}
