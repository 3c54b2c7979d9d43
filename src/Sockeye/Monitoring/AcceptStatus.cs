namespace Sockeye;

/// <summary>
/// The status of a listener's accept loop: whether it accepts clients, and if not, since when and why. The loop writes it; any
/// thread reads it.
/// </summary>
/// <remarks>A timestamp of 0 means that the state does not apply.</remarks>
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

    /// <summary>Whether the listener has ended by itself.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>The time for which <c>accept()</c> has failed; null if it does not fail.</summary>
    public TimeSpan? FailingFor => HasSettled ? null : Since(ref _failingSince);

    /// <summary>The latest failure.</summary>
    public Exception? Error => _error;

    /// <summary>Whether the latest failure was a lack of descriptors or memory.</summary>
    public bool IsExhausted => _isExhausted;

    /// <summary>
    /// The time for which a limit has kept clients in the queue without the queue being empty; null if no limit does.
    /// </summary>
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

    /// <summary>Called when an accept finds the queue empty and waits.</summary>
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
