using System.Runtime.CompilerServices;

namespace Sockeye.Tests.Support;

/// <summary>A wait of a handler that reports when its continuation is registered. Until then, what the handler waits for lets it
/// continue on another thread.</summary>
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
