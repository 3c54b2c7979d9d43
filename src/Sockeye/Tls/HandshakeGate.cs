using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// Limits the concurrent handshakes of an endpoint. If all permits are taken, further clients wait in a queue, and for each
/// waiter the handshake that has stalled the longest is aborted, if it has stalled longer than <see cref="MaxStall"/>.
/// </summary>
/// <remarks>So real clients are served while any number of handshakes never finish.</remarks>
internal sealed class HandshakeGate(int maxHandshakes, TimeProvider time, CoarseTimer timer, Action<TlsHandshake> giveUp)
    : CoarseTimerEntry
{
    /// <summary>An honest client answers within a round trip and the time it computes.</summary>
    public static readonly TimeSpan MaxStall = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    /// <summary>The handshakes, the longest stalled first.</summary>
    private readonly LinkedList<Permit> _running = new();

    private readonly LinkedList<Permit> _waiting = new();
    private int _permitCount;

    /// <summary>Places that will be free soon, since who holds them was given up.</summary>
    private int _evictedCount;

    /// <summary>Takes a place for the handshake, in order of arrival. Null: its time was over before.</summary>
    public async ValueTask<Permit?> EnterAsync(TlsHandshake handshake)
    {
        var place = new Permit(handshake);
        handshake.OnTimeout = () => Leave(place);
        Permit? stale;
        lock (_lock)
        {
            if (_permitCount < maxHandshakes)
            {
                _permitCount++;
                StartLocked(place);
                return place;
            }

            _waiting.AddLast(place.Node);
            stale = TakeStaleLocked();
        }

        Evict(stale);
        return await place.Granted.Task ? place : null;
    }

    /// <summary>Something has arrived from the peer.</summary>
    public void OnProgress(Permit place)
    {
        lock (_lock)
        {
            if (!place.IsRunning)
                return;
            _running.Remove(place.Node);
            StartLocked(place);
        }
    }

    /// <summary>The handshake has ended, or waits no longer.</summary>
    public void Leave(Permit place)
    {
        Permit? next = null;
        Permit? stale;
        lock (_lock)
        {
            if (place.HasLeft)
                return;
            place.HasLeft = true;
            if (_waiting == place.Node.List)
            {
                _waiting.Remove(place.Node);
                next = place;
            }
            else
            {
                if (place.IsRunning)
                    _running.Remove(place.Node);
                else
                    _evictedCount--;
                if (_waiting.First is { } first)
                {
                    next = first.Value;
                    _waiting.RemoveFirst();
                    StartLocked(next);
                }
                else
                {
                    _permitCount--;
                }
            }

            // For the remaining waiters, because the timer may have found no stalled handshake.
            stale = TakeStaleLocked();
        }

        next?.Granted.TrySetResult(next != place);
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

    private void StartLocked(Permit place)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        place.Since = time.GetTimestamp();
        place.IsRunning = true;
        _running.AddLast(place.Node);
    }

    /// <summary>Returns a handshake to abort for a waiter, or sets the timer for the next one.</summary>
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
        if (stale is not null)
            giveUp(stale.Handshake);
    }

    /// <summary>A handshake's place, or its wait for one.</summary>
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
