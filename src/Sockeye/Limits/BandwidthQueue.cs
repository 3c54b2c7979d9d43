using System.Diagnostics;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>Grants bytes to its waiters in rotation.</summary>
/// <remarks>The queue has one timer, which is set only while there are waiters. It is safe for concurrent callers.</remarks>
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

    /// <summary>Takes up to the given number of bytes, if there are no waiters.</summary>
    public bool TryTake(long wanted, out long granted)
    {
        Debug.Assert(wanted > 0, "A grant of nothing needs no limit.");
        lock (_lock)
        {
            granted = Math.Min(wanted, _limit.Slice);
            return _waiters.Count == 0 && _bucket.TryTake(granted);
        }
    }

    /// <summary>Waits in the queue for the given number of bytes. The result is the number granted; 0 after a
    /// cancellation.</summary>
    public BandwidthWaiter Enqueue(long wanted, PipeScheduler scheduler)
    {
        Debug.Assert(wanted > 0, "A grant of nothing needs no limit.");
        var waiter = new BandwidthWaiter(wanted, scheduler);
        BandwidthWaiter? granted = null;
        lock (_lock)
        {
            _waiters.AddLast(waiter.Node);
            _bucket.HasWaiters = true;
            if (_waiters.Count == 1)
                granted = GrantLocked();
        }

        BandwidthWaiter.Complete(granted);
        return waiter;
    }

    /// <summary>Removes a waiter, if it is still in the queue.</summary>
    public void Cancel(BandwidthWaiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Node.List is null)
                return;
            _waiters.Remove(waiter.Node);
            waiter.Next = GrantLocked();
        }

        BandwidthWaiter.Complete(waiter);
    }

    private void OnTimer()
    {
        BandwidthWaiter? granted;
        lock (_lock)
            granted = GrantLocked();
        BandwidthWaiter.Complete(granted);
    }

    /// <summary>Removes all waiters with a grant from the queue, and returns the first; the others are linked to it.</summary>
    private BandwidthWaiter? GrantLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        var chain = (First: (BandwidthWaiter?)null, Last: (BandwidthWaiter?)null);
        while (_waiters.First is { } first)
        {
            var granted = Math.Min(first.Value.Wanted, Math.Max(_limit.MinSlice, _limit.Slice / _waiters.Count));
            var wait = _bucket.GetDelay(granted);
            if (wait > TimeSpan.Zero)
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
                return chain.First;
            }

            Debug.Assert(granted > 0, "A waiter is granted at least one byte.");
            _bucket.Take(granted);
            _waiters.RemoveFirst();
            first.Value.Granted = granted;
            if (chain.Last is null)
                chain.First = first.Value;
            else
                chain.Last.Next = first.Value;
            chain.Last = first.Value;
        }

        _bucket.HasWaiters = false;
        return chain.First;
    }
}
