namespace Sockeye;

/// <summary>How connections end that were told of a stop. Safe from any thread.</summary>
internal sealed class StopCounts
{
    private int _drained;
    private int _aborted;
    private int _cutShort;

    /// <summary>Counts one that has ended.</summary>
    public void Add(bool wasAborted, bool isWhole) =>
        Interlocked.Increment(ref wasAborted ? ref _aborted : ref isWhole ? ref _drained : ref _cutShort);

    /// <param name="left">Connections that were aborted, and whose handlers have not noticed yet.</param>
    public StopResult ToResult(int left) =>
        new(Volatile.Read(ref _drained), Volatile.Read(ref _aborted) + left, Volatile.Read(ref _cutShort));
}
