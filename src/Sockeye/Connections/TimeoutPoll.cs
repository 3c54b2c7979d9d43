namespace Sockeye;

/// <summary>
/// One poll of a connection for its timeouts. Makes at most one system call, and only if a result depends on it.
/// </summary>
internal struct TimeoutPoll(IConnectionProgressFeature connection, TimeSpan now, long acknowledged)
{
    private readonly long _acknowledgedBefore = acknowledged;
    private long _acknowledged = acknowledged;
    private bool _hasQueried;
    private SystemProgress? _system;

    public readonly TimeSpan Now => now;

    public ConnectionProgress Progress { get; } = connection.Progress;

    /// <summary>The total that the peer has acknowledged, as of the last system call.</summary>
    public readonly long Acknowledged => _acknowledged;

    /// <summary>Whether the peer has acknowledged something since the last system call. True for the first call.</summary>
    public bool HasPeerProgress
    {
        get
        {
            QuerySystem();
            return _acknowledged != _acknowledgedBefore;
        }
    }

    /// <summary>Whether bytes for the peer wait in this process or in the system.</summary>
    public bool HasPendingData
    {
        get
        {
            if (Progress.HasUnsent)
                return true;
            QuerySystem();
            return _system is { HasPending: true };
        }
    }

    /// <summary>Schedules the next poll at this time or earlier.</summary>
    public static void ScheduleAt(TimeSpan time, ref TimeSpan next)
    {
        if (time < next)
            next = time;
    }

    /// <summary>
    /// Schedules the next poll within this time. Times are rounded so that connections share them, and many idle connections wake
    /// the timer as rarely as one.
    /// </summary>
    public readonly void ScheduleWithin(TimeSpan wait, ref TimeSpan next)
    {
        var grid = Math.Max(wait.Ticks / 16, 1);
        ScheduleAt(TimeSpan.FromTicks((now + wait).Ticks / grid * grid), ref next);
    }

    private void QuerySystem()
    {
        if (_hasQueried)
            return;
        _hasQueried = true;
        _system = connection.GetSystemProgress();
        _acknowledged = _system?.Acknowledged ?? Progress.BytesSent;
    }
}
