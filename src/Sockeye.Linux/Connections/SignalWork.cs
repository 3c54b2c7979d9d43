namespace Sockeye.Linux;

/// <summary>
/// Resumes the waiters of a signal on their engine thread, if handlers run inline. So a connection closes without the thread
/// pool, which other code may block. It runs in the next iteration, so that waiters never run within the code that set the
/// signal.
/// </summary>
internal sealed class SignalWork(EngineThread thread, TaskCompletionSource waiting) : IEngineWorkItem, IThreadPoolWorkItem
{
    public IEngineWorkItem? NextWork { get; set; }

    public void Run() => thread.Resume(null, this);

    public void Execute() => waiting.TrySetResult();
}
