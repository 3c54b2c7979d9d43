namespace Sockeye;

/// <summary>Gives out the right to move bytes, to each that waits in turn.</summary>
/// <remarks>One timer, which is set only while somebody waits. Safe from many threads.</remarks>
internal sealed class BandwidthQueue
{
    private readonly BandwidthLimit _limit;
    private readonly TokenBucket _bucket;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly LinkedList<BandwidthTurn> _waiting = new();

    public BandwidthQueue(BandwidthLimit limit, TimeProvider time)
    {
        (_limit, _bucket) = (limit, new(limit.BytesPerSecond, limit.Burst, time));
        _timer = time.CreateTimer(
            static queue => ((BandwidthQueue)queue!).OnTime(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>So many bytes, or as many as one gets at a time, if nobody has to wait.</summary>
    public bool TryTake(long wanted, out long granted)
    {
        lock (_lock)
        {
            granted = Math.Min(wanted, _limit.Slice);
            return _waiting.Count == 0 && _bucket.TryTake(granted);
        }
    }

    /// <summary>Waits in line for so many bytes. The task's result is how many it got: 0 when it was given up.</summary>
    public BandwidthTurn Wait(long wanted)
    {
        var turn = new BandwidthTurn(wanted);
        lock (_lock)
        {
            _waiting.AddLast(turn.Place);
            _bucket.IsWanted = true;
            if (_waiting.Count == 1)
                GiveOut();
        }

        return turn;
    }

    /// <summary>Leaves the line, if it still stands there.</summary>
    public void GiveUp(BandwidthTurn turn)
    {
        lock (_lock)
        {
            if (turn.Place.List is null)
                return;
            _waiting.Remove(turn.Place);
            turn.SetResult(0);
            GiveOut();
        }
    }

    private void OnTime()
    {
        lock (_lock)
            GiveOut();
    }

    private void GiveOut()
    {
        while (_waiting.First is { } first)
        {
            var granted = Math.Min(first.Value.Wanted, Math.Max(_limit.LeastSlice, _limit.Slice / _waiting.Count));
            var wait = _bucket.TimeUntil(granted);
            if (wait > TimeSpan.Zero)
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
                return;
            }

            _bucket.Take(granted);
            _waiting.RemoveFirst();
            first.Value.SetResult(granted);
        }

        _bucket.IsWanted = false;
    }
}

/// <summary>A place in the line of a <see cref="BandwidthQueue"/>.</summary>
internal sealed class BandwidthTurn : TaskCompletionSource<long>
{
    public BandwidthTurn(long wanted)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        (Wanted, Place) = (wanted, new(this));
    }

    public long Wanted { get; }

    public LinkedListNode<BandwidthTurn> Place { get; }
}
