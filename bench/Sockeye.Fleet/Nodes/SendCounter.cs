namespace Sockeye.Fleet.Nodes;

/// <summary>Counts the results of lines to users. Safe to call from any thread.</summary>
internal sealed class SendCounter
{
    private readonly Lock _lock = new();
    private SendCounts _counts;

    public SendCounts Counts
    {
        get
        {
            lock (_lock)
                return _counts;
        }
    }

    public void Add(ClusterUserSendResult result)
    {
        lock (_lock)
        {
            _counts = new(
                _counts.Lines + 1,
                _counts.Absent + (result is { Connections: 0, Failed: 0, NodesWithoutAnswer.Count: 0 } ? 1 : 0),
                _counts.Failed + (result.Failed > 0 ? 1 : 0),
                _counts.Unanswered + (result.NodesWithoutAnswer.Count > 0 ? 1 : 0));
        }
    }
}
