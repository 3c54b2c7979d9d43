using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Calls that start a function on another thread.</summary>
internal static class StartingCalls
{
    private static readonly HashSet<string> Methods =
    [
        "System.Threading.Tasks.Task.Run",
        "System.Threading.Tasks.TaskFactory.StartNew",
        "System.Threading.ThreadPool.QueueUserWorkItem",
        "System.Threading.ThreadPool.UnsafeQueueUserWorkItem",
    ];

    public static bool Contains(IInvocationOperation call) =>
        call.TargetMethod.Name is "Run" or "StartNew" or "QueueUserWorkItem" or "UnsafeQueueUserWorkItem"
        && Methods.Contains(call.TargetMethod.GetMemberName());
}
