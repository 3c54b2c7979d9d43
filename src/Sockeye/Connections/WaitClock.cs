namespace Sockeye;

/// <summary>Adds up the times in which something waited. One thread at a time begins and ends; any thread asks.</summary>
/// <remarks>Must not be copied. Timestamps are never 0, which says that nothing waits.</remarks>
internal struct WaitClock
{
    private long _since;
    private long _total;

    public readonly bool IsRunning => Volatile.Read(in _since) != 0;

    public void Begin(long timestamp)
    {
        if (_since == 0)
            Volatile.Write(ref _since, timestamp == 0 ? 1 : timestamp);
    }

    public void End(long timestamp)
    {
        if (_since is not 0 and var since)
        {
            // In this order, which the reader's mirrors: between the two it sees too little, never the same time twice.
            Volatile.Write(ref _since, 0);
            Volatile.Write(ref _total, _total + (timestamp - since));
        }
    }

    public readonly TimeSpan Total(TimeProvider time)
    {
        var total = Volatile.Read(in _total);
        var since = Volatile.Read(in _since);
        return time.GetElapsedTime(0, since == 0 ? total : total + Math.Max(0, time.GetTimestamp() - since));
    }
}
