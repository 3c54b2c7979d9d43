namespace Sockeye;

/// <summary>Counts the ends of connections that were requested to stop. Safe for use from any thread.</summary>
internal sealed class StopCounts
{
    private int _drained;
    private int _aborted;
    private int _cutShort;

    /// <summary>Counts a connection that has ended.</summary>
    public void Add(bool wasAborted, bool isWhole) =>
        Interlocked.Increment(ref wasAborted ? ref _aborted : ref isWhole ? ref _drained : ref _cutShort);

    /// <param name="left">The number of connections that were aborted, and whose handlers are still running.</param>
    public StopResult ToResult(int left) =>
        new(Volatile.Read(ref _drained), Volatile.Read(ref _aborted) + left, Volatile.Read(ref _cutShort));
}
