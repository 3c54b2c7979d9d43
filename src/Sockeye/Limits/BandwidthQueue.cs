using System.IO.Pipelines;

namespace Sockeye;

/// <summary>Gives out the right to move bytes, to each that waits in turn.</summary>
/// <remarks>One timer, which is set only while somebody waits. Safe from many threads.</remarks>
internal sealed class BandwidthQueue
{
    private readonly BandwidthLimit _limit;
    private readonly TokenBucket _bucket;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly LinkedList<BandwidthWaiter> _waiters = new();

    public BandwidthQueue(BandwidthLimit limit, TimeProvider time)
    {
        (_limit, _bucket) = (limit, new(limit.BytesPerSecond, limit.Burst, time));
        _timer = time.CreateTimer(
            static queue => ((BandwidthQueue)queue!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>So many bytes, or as many as one gets at a time, if nobody has to wait.</summary>
    public bool TryTake(long wanted, out long granted)
    {
        lock (_lock)
        {
            granted = Math.Min(wanted, _limit.Slice);
            return _waiters.Count == 0 && _bucket.TryTake(granted);
        }
    }

    /// <summary>Waits in line for so many bytes. The task's result is how many it got: 0 when it was given up.</summary>
    public BandwidthWaiter Enqueue(long wanted, PipeScheduler scheduler)
    {
        var turn = new BandwidthWaiter(wanted, scheduler);
        BandwidthWaiter? come = null;
        lock (_lock)
        {
            _waiters.AddLast(turn.Node);
            _bucket.HasWaiters = true;
            if (_waiters.Count == 1)
                come = GrantLocked();
        }

        BandwidthWaiter.Complete(come);
        return turn;
    }

    /// <summary>Leaves the line, if it still stands there.</summary>
    public void Cancel(BandwidthWaiter turn)
    {
        lock (_lock)
        {
            if (turn.Node.List is null)
                return;
            _waiters.Remove(turn.Node);
            turn.Next = GrantLocked();
        }

        BandwidthWaiter.Complete(turn);
    }

    private void OnTimer()
    {
        BandwidthWaiter? come;
        lock (_lock)
            come = GrantLocked();
        BandwidthWaiter.Complete(come);
    }

    /// <summary>Takes off the line all whose turn has come, and gives the first: the others are its next ones.</summary>
    private BandwidthWaiter? GrantLocked()
    {
        var come = (First: (BandwidthWaiter?)null, Last: (BandwidthWaiter?)null);
        while (_waiters.First is { } first)
        {
            var granted = Math.Min(first.Value.Wanted, Math.Max(_limit.MinSlice, _limit.Slice / _waiters.Count));
            var wait = _bucket.GetDelay(granted);
            if (wait > TimeSpan.Zero)
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
                return come.First;
            }

            _bucket.Take(granted);
            _waiters.RemoveFirst();
            first.Value.Granted = granted;
            if (come.Last is null)
                come.First = first.Value;
            else
                come.Last.Next = first.Value;
            come.Last = first.Value;
        }

        _bucket.HasWaiters = false;
        return come.First;
    }
}
