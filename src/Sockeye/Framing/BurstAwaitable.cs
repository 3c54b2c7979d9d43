using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>A wait of a write, after which a handler continues in a burst (<see cref="WriteCork"/>).</summary>
internal readonly struct BurstAwaitable<T>(ValueTask<T> task, WriteCork? cork) : ICriticalNotifyCompletion
{
    public bool IsCompleted => task.IsCompleted;

    public BurstAwaitable<T> GetAwaiter() => this;

    public T GetResult() => task.GetAwaiter().GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        task.GetAwaiter().UnsafeOnCompleted(cork?.ContinueWrite(continuation) ?? continuation);
}
