using System.Runtime.CompilerServices;

namespace Sockeye.Tests.Support;

/// <summary>A wait that reports when its continuation is registered. An operation that completes earlier continues the handler
/// elsewhere.</summary>
/// <param name="task">The operation, which is consumed once.</param>
/// <param name="waits">Released when the continuation is registered.</param>
internal readonly struct ObservedWait<T>(ValueTask<T> task, SemaphoreSlim waits) : ICriticalNotifyCompletion
{
    public bool IsCompleted => task.IsCompleted;

    public ObservedWait<T> GetAwaiter() => this;

    public T GetResult() => task.GetAwaiter().GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        task.GetAwaiter().UnsafeOnCompleted(continuation);
        waits.Release();
    }
}
