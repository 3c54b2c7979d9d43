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
    public BandwidthTurn Wait(long wanted, PipeScheduler scheduler)
    {
        var turn = new BandwidthTurn(wanted, scheduler);
        BandwidthTurn? come = null;
        lock (_lock)
        {
            _waiting.AddLast(turn.Place);
            _bucket.IsWanted = true;
            if (_waiting.Count == 1)
                come = GiveOut();
        }

        BandwidthTurn.GoOn(come);
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
            turn.Next = GiveOut();
        }

        BandwidthTurn.GoOn(turn);
    }

    private void OnTime()
    {
        BandwidthTurn? come;
        lock (_lock)
            come = GiveOut();
        BandwidthTurn.GoOn(come);
    }

    /// <summary>Takes off the line all whose turn has come, and gives the first: the others are its next ones.</summary>
    private BandwidthTurn? GiveOut()
    {
        var come = (First: (BandwidthTurn?)null, Last: (BandwidthTurn?)null);
        while (_waiting.First is { } first)
        {
            var granted = Math.Min(first.Value.Wanted, Math.Max(_limit.LeastSlice, _limit.Slice / _waiting.Count));
            var wait = _bucket.TimeUntil(granted);
            if (wait > TimeSpan.Zero)
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
                return come.First;
            }

            _bucket.Take(granted);
            _waiting.RemoveFirst();
            first.Value.Granted = granted;
            if (come.Last is null)
                come.First = first.Value;
            else
                come.Last.Next = first.Value;
            come.Last = first.Value;
        }

        _bucket.IsWanted = false;
        return come.First;
    }
}
