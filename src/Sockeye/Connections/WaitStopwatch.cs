namespace Sockeye;

/// <summary>Adds up the times in which something waited. One thread at a time begins and ends; any thread asks.</summary>
/// <remarks>Must not be copied. Timestamps are never 0, which says that nothing waits.</remarks>
internal struct WaitStopwatch
{
    private long _since;
    private long _total;

    /// <summary>Shorter waits are the rhythm of a connection that is busy, not something that stands still.</summary>
    public static readonly TimeSpan MinReportedWait = TimeSpan.FromMilliseconds(100);

    public readonly bool IsRunning => Volatile.Read(in _since) != 0;

    public void Start(long timestamp)
    {
        if (_since == 0)
            Volatile.Write(ref _since, timestamp == 0 ? 1 : timestamp);
    }

    public void Stop(long timestamp)
    {
        if (_since is not 0 and var since)
        {
            // In this order, which the reader's mirrors: between the two it sees too little, never the same time twice.
            Volatile.Write(ref _since, 0);
            Volatile.Write(ref _total, _total + (timestamp - since));
        }
    }

    /// <summary>What waits has moved a little: all of the time counts, but it begins to stand still anew.</summary>
    public void Lap(long timestamp)
    {
        if (_since is not 0 and var since)
        {
            // In the order of End, for the same reason.
            Volatile.Write(ref _since, timestamp == 0 ? 1 : timestamp);
            Volatile.Write(ref _total, _total + (timestamp - since));
        }
    }

    /// <summary>For how long something has stood still; zero where nothing waits, or for less than a <see cref="MinReportedWait"/>. Asks
    /// the clock only if anything waits.</summary>
    public readonly TimeSpan GetCurrentWait(TimeProvider time) =>
        Volatile.Read(in _since) is not 0 and var since && time.GetElapsedTime(since) is var elapsed && elapsed >= MinReportedWait
            ? elapsed
            : TimeSpan.Zero;

    public readonly TimeSpan GetTotal(TimeProvider time)
    {
        var total = Volatile.Read(in _total);
        var since = Volatile.Read(in _since);
        return time.GetElapsedTime(0, since == 0 ? total : total + Math.Max(0, time.GetTimestamp() - since));
    }
}
