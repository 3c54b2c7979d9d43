namespace Sockeye;

/// <summary>What one look at a connection finds. The system is asked at most once, and only if an answer depends on it.</summary>
internal struct TimeoutPoll(IConnectionProgressFeature connection, TimeSpan now, long taken)
{
    private readonly long _acknowledgedBefore = taken;
    private long _acknowledged = taken;
    private bool _hasQueried;
    private SystemProgress? _system;

    public readonly TimeSpan Now => now;

    public ConnectionProgress Progress { get; } = connection.Progress;

    /// <summary>What the peer has taken in all, as it was last asked for.</summary>
    public readonly long Acknowledged => _acknowledged;

    /// <summary>Whether the peer has taken something since it was last asked for, or was never asked for.</summary>
    public bool HasPeerProgress
    {
        get
        {
            QuerySystem();
            return _acknowledged != _acknowledgedBefore;
        }
    }

    /// <summary>Whether something is on its way to the peer, here or with the system.</summary>
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

    /// <summary>A timeout may be over then.</summary>
    public static void ScheduleAt(TimeSpan time, ref TimeSpan next)
    {
        if (time < next)
            next = time;
    }

    /// <summary>
    /// Something may have begun by then. Connections meet on a few such times, so that many that are idle wake the timer as
    /// seldom as one.
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
