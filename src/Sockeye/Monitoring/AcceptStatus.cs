namespace Sockeye;

/// <summary>Whether a listener takes its clients, and if not, since when and why. Its accept loop says so; any thread
/// asks.</summary>
/// <remarks>Timestamps are never 0, which says that it is not so.</remarks>
internal sealed class AcceptStatus(TimeProvider time)
{
    /// <summary>An accept that has waited this long for a client counts as successful.</summary>
    internal static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    private long _failingSince;
    private long _heldSince;
    private long _waitingSince;
    private volatile bool _hasEnded;
    private volatile string _heldBy = "";
    private volatile bool _isExhausted;
    private volatile Exception? _error;

    /// <summary>The listener ended, without being asked to.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>For how long no client could be taken, because <c>accept()</c> fails; null: it does not.</summary>
    public TimeSpan? FailingFor => HasSettled ? null : Since(ref _failingSince);

    /// <summary>The latest failure.</summary>
    public Exception? Error => _error;

    /// <summary>Whether the latest failure was a lack of descriptors or memory.</summary>
    public bool IsExhausted => _isExhausted;

    /// <summary>For how long a limit has left clients in the queue, which was never empty meanwhile; null: none does.</summary>
    public TimeSpan? HeldFor => Since(ref _heldSince);

    /// <summary>The method or option that set the limit.</summary>
    public string HeldBy => _heldBy;

    private bool HasSettled => Since(ref _waitingSince) >= SettleTime;

    public void OnHeld(string limit)
    {
        _heldBy = limit;
        if (_heldSince == 0)
            Volatile.Write(ref _heldSince, Now());
    }

    /// <summary>An accept is under way, and finds the queue empty.</summary>
    public void OnQueueEmpty()
    {
        Volatile.Write(ref _heldSince, 0);
        Volatile.Write(ref _waitingSince, Now());
    }

    public void OnAccepted()
    {
        Volatile.Write(ref _failingSince, 0);
        Volatile.Write(ref _waitingSince, 0);
    }

    public void OnFailed(Exception error, bool isExhausted)
    {
        (_isExhausted, _error) = (isExhausted, error);
        if (_failingSince == 0 || HasSettled)
            Volatile.Write(ref _failingSince, Now());
        Volatile.Write(ref _waitingSince, 0);
    }

    public void OnListenerEnded() => _hasEnded = true;

    private long Now() => time.GetTimestamp() is not 0 and var now ? now : 1;

    private TimeSpan? Since(ref long timestamp) =>
        Volatile.Read(ref timestamp) is not 0 and var since ? time.GetElapsedTime(since) : null;
}
