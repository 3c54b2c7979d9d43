namespace Sockeye;

/// <summary>What one look at a connection finds. The system is asked at most once, and only if an answer depends on it.</summary>
internal struct ConnectionLook(IConnectionProgressFeature connection, TimeSpan now, long taken)
{
    private readonly long _takenBefore = taken;
    private long _taken = taken;
    private bool _hasAsked;
    private SystemProgress? _system;

    public readonly TimeSpan Now => now;

    public ConnectionProgress Progress { get; } = connection.Progress;

    /// <summary>What the peer has taken in all, as it was last asked for.</summary>
    public readonly long Taken => _taken;

    /// <summary>Whether the peer has taken something since it was last asked for, or was never asked for.</summary>
    public bool PeerTookSome
    {
        get
        {
            Ask();
            return _taken != _takenBefore;
        }
    }

    /// <summary>Whether something is on its way to the peer, here or with the system.</summary>
    public bool SomethingWaits
    {
        get
        {
            if (Progress.HasUnsent)
                return true;
            Ask();
            return _system is { HasWaiting: true };
        }
    }

    /// <summary>A timeout may be over then.</summary>
    public static void At(TimeSpan time, ref TimeSpan next)
    {
        if (time < next)
            next = time;
    }

    /// <summary>
    /// Something may have begun by then. Connections meet on a few such times, so that many that are idle wake the timer as
    /// seldom as one.
    /// </summary>
    public readonly void NoLaterThan(TimeSpan wait, ref TimeSpan next)
    {
        var grid = Math.Max(wait.Ticks / 16, 1);
        At(TimeSpan.FromTicks((now + wait).Ticks / grid * grid), ref next);
    }

    private void Ask()
    {
        if (_hasAsked)
            return;
        _hasAsked = true;
        _system = connection.AskSystem();
        _taken = _system?.Acknowledged ?? Progress.BytesSent;
    }
}
