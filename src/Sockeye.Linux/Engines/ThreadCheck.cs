namespace Sockeye.Linux;

/// <summary>Runs once on an engine thread, and once where its handlers run.</summary>
internal sealed class ThreadCheck(EngineThread thread) : IEngineWorkItem, IThreadPoolWorkItem
{
    private readonly TaskCompletionSource _hasRun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IEngineWorkItem? NextWork { get; set; }

    public Task RunAsync()
    {
        thread.Post(this);
        return _hasRun.Task;
    }

    void IEngineWorkItem.Run() => thread.Resume(null, this);

    void IThreadPoolWorkItem.Execute() => _hasRun.TrySetResult();
}
