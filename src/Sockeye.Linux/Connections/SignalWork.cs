namespace Sockeye.Linux;

/// <summary>
/// Lets those who wait for a signal go on on their engine thread, where handlers run inline: a connection then closes without the
/// thread pool, which others may block. In a turn of its own: never in the middle of what gave the signal.
/// </summary>
internal sealed class SignalWork(EngineThread thread, TaskCompletionSource waiting) : IEngineWorkItem, IThreadPoolWorkItem
{
    public IEngineWorkItem? NextWork { get; set; }

    public void Run() => thread.Resume(null, this);

    public void Execute() => waiting.TrySetResult();
}
