namespace Sockeye.Transports;

/// <summary>A scheduler that runs work items without an allocation for each.</summary>
/// <remarks>Optional. Another scheduler gets a delegate.</remarks>
public interface IWorkItemScheduler
{
    /// <summary>Runs an item once, soon, without the caller's execution context. Does not run it on the caller's stack.</summary>
    /// <param name="item">The item, which does not throw.</param>
    void Queue(IThreadPoolWorkItem item);
}
