namespace Sockeye;

/// <summary>A signal that is set once. Its task is created only if there is a waiter.</summary>
/// <param name="options">The options of the task, which decide where waiters resume.</param>
internal struct LazySignal(TaskCreationOptions options)
{
    private static readonly TaskCompletionSource AlreadySet = CreateSet();

    private TaskCompletionSource? _source;

    public readonly bool IsSet => Volatile.Read(in _source) == AlreadySet;

    public Task Task
    {
        get
        {
            if (Volatile.Read(ref _source) is { } known)
                return known.Task;
            var source = new TaskCompletionSource(options);
            return (Interlocked.CompareExchange(ref _source, source, null) ?? source).Task;
        }
    }

    public void Set() => TakeWaiters()?.TrySetResult();

    /// <summary>Sets the signal. Waiters resume when the caller completes the result, which is null if there are none.</summary>
    public TaskCompletionSource? TakeWaiters() =>
        Interlocked.Exchange(ref _source, AlreadySet) is { } waiting && waiting != AlreadySet ? waiting : null;

    private static TaskCompletionSource CreateSet()
    {
        var set = new TaskCompletionSource();
        set.SetResult();
        return set;
    }
}
