namespace Sockeye;

/// <summary>Measures the total time of waits. One thread at a time may write; any thread may read.</summary>
/// <remarks>Must not be copied. Timestamps are never 0, which means that nothing waits.</remarks>
internal struct WaitStopwatch
{
    private long _since;
    private long _total;

    /// <summary>The shortest wait that is reported as current. Shorter waits are normal for a busy connection.</summary>
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
            // In this order, the reverse of the reader's: between the two writes, a reader sees too little, but no time twice.
            Volatile.Write(ref _since, 0);
            Add(timestamp - since);
        }
    }

    /// <summary>After some progress: the time so far counts towards the total, and a new current wait starts.</summary>
    public void Lap(long timestamp)
    {
        if (_since is not 0 and var since)
        {
            // In the order of Stop, for the same reason.
            Volatile.Write(ref _since, timestamp == 0 ? 1 : timestamp);
            Add(timestamp - since);
        }
    }

    /// <summary>The length of the current wait; zero if nothing waits, or waits for less than
    /// <see cref="MinReportedWait"/>. Reads the clock only if something waits.</summary>
    public readonly TimeSpan GetCurrentWait(TimeProvider time) =>
        Volatile.Read(in _since) is not 0 and var since
            && time.GetElapsedTime(since) is var elapsed && elapsed >= MinReportedWait
            ? elapsed
            : TimeSpan.Zero;

    public readonly TimeSpan GetTotal(TimeProvider time)
    {
        var total = Volatile.Read(in _total);
        var since = Volatile.Read(in _since);
        return time.GetElapsedTime(0, since == 0 ? total : total + Math.Max(0, time.GetTimestamp() - since));
    }

    private void Add(long elapsed) => Volatile.Write(ref _total, _total + elapsed);
}
