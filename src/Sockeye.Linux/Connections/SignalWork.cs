namespace Sockeye.Linux;

/// <summary>
/// Resumes the waiters of a signal on their engine thread, where handlers run inline: a connection then closes without the thread
/// pool, which others may block. It is work of the next iteration: waiters never run in the middle of what set the signal.
/// </summary>
internal sealed class SignalWork(EngineThread thread, TaskCompletionSource waiting) : IEngineWorkItem, IThreadPoolWorkItem
{
    public IEngineWorkItem? NextWork { get; set; }

    public void Run() => thread.Resume(null, this);

    public void Execute() => waiting.TrySetResult();
}
