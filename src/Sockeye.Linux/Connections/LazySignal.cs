namespace Sockeye.Linux;

/// <summary>Something that happens once, with a task for it only if somebody asks.</summary>
/// <param name="options">Where those who wait go on.</param>
internal struct LazySignal(TaskCreationOptions options)
{
    private static readonly TaskCompletionSource Done = NewDone();

    private TaskCompletionSource? _source;

    public readonly bool IsSet => Volatile.Read(in _source) == Done;

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

    /// <summary>Sets it; whoever waits goes on when the caller completes what this gives. Null: nobody does.</summary>
    public TaskCompletionSource? TakeWaiters() =>
        Interlocked.Exchange(ref _source, Done) is { } waiting && waiting != Done ? waiting : null;

    private static TaskCompletionSource NewDone()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
