namespace Sockeye;

/// <summary>
/// Bounds the handshakes in flight of an endpoint. Where all places are taken, whoever arrives waits in line, and for each who
/// waits the handshake that has stood still the longest is given up, if that is longer than <see cref="MaxStandstill"/>.
/// </summary>
/// <remarks>So clients that are in earnest come through while any number of handshakes never finish.</remarks>
internal sealed class HandshakeGate(int maxHandshakes, TimeProvider time, CoarseTimer timer, Action<TlsHandshake> giveUp)
    : CoarseTimerEntry
{
    /// <summary>An honest client answers within a round trip and the time it computes.</summary>
    public static readonly TimeSpan MaxStandstill = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    /// <summary>Who stands still the longest comes first.</summary>
    private readonly LinkedList<Place> _running = new();

    private readonly LinkedList<Place> _waiting = new();
    private int _taken;

    /// <summary>Places that will be free soon, since who holds them was given up.</summary>
    private int _ending;

    /// <summary>Takes a place for the handshake, in order of arrival. Null: its time was over before.</summary>
    public async ValueTask<Place?> EnterAsync(TlsHandshake handshake)
    {
        var place = new Place(handshake);
        handshake.OnTimeout = () => Leave(place);
        Place? stale;
        lock (_lock)
        {
            if (_taken < maxHandshakes)
            {
                _taken++;
                Begin(place);
                return place;
            }

            _waiting.AddLast(place.Node);
            stale = TakeStale();
        }

        GiveUp(stale);
        return await place.Turn.Task ? place : null;
    }

    /// <summary>Something has arrived from the peer.</summary>
    public void Progress(Place place)
    {
        lock (_lock)
        {
            if (!place.IsRunning)
                return;
            _running.Remove(place.Node);
            Begin(place);
        }
    }

    /// <summary>The handshake has ended, or waits no longer.</summary>
    public void Leave(Place place)
    {
        Place? next = null;
        Place? stale;
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
                    _ending--;
                if (_waiting.First is { } first)
                {
                    next = first.Value;
                    _waiting.RemoveFirst();
                    Begin(next);
                }
                else
                {
                    _taken--;
                }
            }

            // For those who still wait: the timer may have found nobody in place.
            stale = TakeStale();
        }

        next?.Turn.TrySetResult(next != place);
        GiveUp(stale);
    }

    protected internal override void OnDue()
    {
        while (true)
        {
            Place? stale;
            lock (_lock)
                stale = TakeStale();
            if (stale is null)
                return;
            GiveUp(stale);
        }
    }

    private void Begin(Place place)
    {
        place.Since = time.GetTimestamp();
        place.IsRunning = true;
        _running.AddLast(place.Node);
    }

    /// <summary>Somebody to give up for somebody who waits; or sets the timer for when there is one.</summary>
    private Place? TakeStale()
    {
        if (_waiting.Count <= _ending || _running.First is not { Value: var oldest })
            return null;
        var left = MaxStandstill - time.GetElapsedTime(oldest.Since);
        if (left > TimeSpan.Zero)
        {
            timer.Set(this, left);
            return null;
        }

        _running.RemoveFirst();
        oldest.IsRunning = false;
        _ending++;
        return oldest;
    }

    private void GiveUp(Place? stale)
    {
        if (stale is not null)
            giveUp(stale.Handshake);
    }

    /// <summary>A handshake's place, or its wait for one.</summary>
    internal sealed class Place
    {
        public Place(TlsHandshake handshake) => (Handshake, Node) = (handshake, new(this));

        public TlsHandshake Handshake { get; }

        public LinkedListNode<Place> Node { get; }

        public TaskCompletionSource<bool> Turn => field ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Since { get; set; }

        public bool IsRunning { get; set; }

        public bool HasLeft { get; set; }
    }
}
