using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// Limits the handshakes in progress of an endpoint. When all permits are taken, new handshakes wait in a queue, and for each
/// waiter the handshake that has stalled the longest is evicted, if it has stalled for longer than <see cref="MaxStall"/>.
/// </summary>
/// <remarks>So real clients are served even if any number of handshakes never finish.</remarks>
internal sealed class HandshakeGate(int maxHandshakes, TimeProvider time, CoarseTimer timer, Action<TlsHandshake> evict)
    : CoarseTimerEntry
{
    /// <summary>
    /// The maximum stall of a running handshake while others wait. A real client responds within a round trip and its computing
    /// time.
    /// </summary>
    public static readonly TimeSpan MaxStall = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    /// <summary>Running handshakes; the one that has stalled the longest comes first.</summary>
    private readonly LinkedList<Permit> _running = new();

    private readonly LinkedList<Permit> _waiting = new();
    private int _permitCount;

    /// <summary>Permits that will be free soon, since their handshakes were evicted.</summary>
    private int _evictedCount;

    /// <summary>Takes a permit for the handshake, in order of arrival. Returns null if the handshake timed out before.</summary>
    public async ValueTask<Permit?> EnterAsync(TlsHandshake handshake)
    {
        var permit = new Permit(handshake);
        handshake.OnTimeout = () => Leave(permit);
        Permit? stale;
        lock (_lock)
        {
            if (_permitCount < maxHandshakes)
            {
                _permitCount++;
                StartLocked(permit);
                return permit;
            }

            _waiting.AddLast(permit.Node);
            stale = TakeStaleLocked();
        }

        Evict(stale);
        return await permit.Granted.Task ? permit : null;
    }

    /// <summary>Called when bytes have arrived from the peer.</summary>
    public void OnProgress(Permit permit)
    {
        lock (_lock)
        {
            if (!permit.IsRunning)
                return;
            _running.Remove(permit.Node);
            StartLocked(permit);
        }
    }

    /// <summary>Returns the permit, or ends the wait for it. Safe to call more than once.</summary>
    public void Leave(Permit permit)
    {
        Permit? next;
        Permit? stale;
        lock (_lock)
        {
            if (permit.HasLeft)
                return;
            permit.HasLeft = true;
            next = LeaveLocked(permit);

            // For the remaining waiters: the timer may have fired while no handshake ran.
            stale = TakeStaleLocked();
        }

        next?.Granted.TrySetResult(next != permit);
        Evict(stale);
    }

    protected internal override void OnDue()
    {
        while (true)
        {
            Permit? stale;
            lock (_lock)
                stale = TakeStaleLocked();
            if (stale is null)
                return;
            Evict(stale);
        }
    }

    /// <summary>Returns the waiter to complete: the first one, which gets the permit, or the one that leaves.</summary>
    private Permit? LeaveLocked(Permit permit)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_waiting == permit.Node.List)
        {
            _waiting.Remove(permit.Node);
            return permit;
        }

        if (permit.IsRunning)
            _running.Remove(permit.Node);
        else
            _evictedCount--;
        Debug.Assert(_evictedCount >= 0, "An evicted handshake leaves once.");
        if (_waiting.First is not { Value: var next })
        {
            _permitCount--;
            Debug.Assert(_permitCount >= 0, "A permit is returned once.");
            return null;
        }

        _waiting.RemoveFirst();
        StartLocked(next);
        return next;
    }

    private void StartLocked(Permit permit)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Debug.Assert(permit.Node.List is null, "A handshake is in one list.");
        permit.Since = time.GetTimestamp();
        permit.IsRunning = true;
        _running.AddLast(permit.Node);
        Debug.Assert(_running.Count + _evictedCount <= maxHandshakes, "The handshakes in progress are within the maximum.");
    }

    /// <summary>Takes a running handshake to evict for a waiter, or sets the timer for the time when one is stale.</summary>
    private Permit? TakeStaleLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_waiting.Count <= _evictedCount || _running.First is not { Value: var oldest })
            return null;
        var left = MaxStall - time.GetElapsedTime(oldest.Since);
        if (left > TimeSpan.Zero)
        {
            timer.Set(this, left);
            return null;
        }

        _running.RemoveFirst();
        oldest.IsRunning = false;
        _evictedCount++;
        return oldest;
    }

    private void Evict(Permit? stale)
    {
        Debug.Assert(!_lock.IsHeldByCurrentThread, "Evicting calls foreign code.");
        if (stale is not null)
            evict(stale.Handshake);
    }

    /// <summary>The permit of a handshake, or its wait for one.</summary>
    internal sealed class Permit
    {
        public Permit(TlsHandshake handshake) => (Handshake, Node) = (handshake, new(this));

        public TlsHandshake Handshake { get; }

        public LinkedListNode<Permit> Node { get; }

        public TaskCompletionSource<bool> Granted => field ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Since { get; set; }

        public bool IsRunning { get; set; }

        public bool HasLeft { get; set; }
    }
}
