using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The bookkeeping of a pool: its slots, its idle connections, and the queue of waiting callers.</summary>
/// <remarks>
/// It does no I/O. While a caller waits, no connection is idle and every slot is in use, so that no caller overtakes another. A
/// waiter leaves the queue in exactly one way (it gets a slot, is cancelled, or fails), decided under the lock, so that no slot
/// is lost between a return and a cancellation.
/// </remarks>
internal sealed class PoolSlots
{
    private readonly ConnectionPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _idleTimer;
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = new();

    // In the order of their return. The newest is reused first, so that surplus connections expire.
    private readonly List<(ConnectionContext Connection, long Since)> _idle = [];
    private int _used;
    private bool _isClosed;

    /// <param name="options">The limits.</param>
    /// <param name="time">The clock that measures idle times.</param>
    /// <param name="onIdleTimeout">Called when <see cref="TakeExpired"/> may have connections to return.</param>
    public PoolSlots(ConnectionPoolOptions options, TimeProvider time, Action onIdleTimeout)
    {
        (_options, _time) = (options, time);
        _idleTimer = time.CreateTimer(_ => onIdleTimeout(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The number of slots in use: connections that are being opened, rented, idle or being closed.</summary>
    public int UsedCount { get { lock (_lock) return _used; } }

    public int IdleCount { get { lock (_lock) return _idle.Count; } }

    public int WaiterCount { get { lock (_lock) return _waiters.Count; } }

    /// <summary>
    /// Takes a slot, or joins the queue. If it returns true, <paramref name="idle"/> is an idle connection, or null if the caller
    /// has to open one. If it returns false, <paramref name="waiter"/> is at the end of the queue, or null if too many callers
    /// wait.
    /// </summary>
    public bool TryTake(out ConnectionContext? idle, out Waiter? waiter)
    {
        (idle, waiter) = (null, null);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(ConnectionPool));
            AssertInvariantsLocked();
            if (_idle.Count > 0)
            {
                idle = _idle[^1].Connection;
                _idle.RemoveAt(_idle.Count - 1);
                return true;
            }

            if (_used < _options.MaxConnections)
            {
                _used++;
                return true;
            }

            if (_waiters.Count < _options.MaxWaiters)
            {
                waiter = new();
                _waiters.AddLast(waiter.Node);
            }

            return false;
        }
    }

    /// <summary>Returns a slot with a reusable connection, or returns false if the pool is closed.</summary>
    public bool TryReturn(ConnectionContext connection)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            if (TryServeLocked(connection))
                return true;
            _idle.Add((connection, _time.GetTimestamp()));
            AssertInvariantsLocked();
            // Otherwise, the timer runs for an older one.
            if (_idle.Count == 1)
                _idleTimer.Change(_options.IdleTimeout, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>Returns an empty slot.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (!TryServeLocked(null))
                _used--;
            AssertInvariantsLocked();
        }
    }

    /// <summary>Removes a waiter from the queue, or returns false if it has been served.</summary>
    public bool TryLeave(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Node.List is null)
                return false;
            _waiters.Remove(waiter.Node);
            return true;
        }
    }

    /// <summary>
    /// Removes and returns the connections that were idle too long. The caller closes them and releases their slots.
    /// </summary>
    public List<ConnectionContext> TakeExpired()
    {
        lock (_lock)
        {
            var young = _idle.FindIndex(idle => _time.GetElapsedTime(idle.Since) < _options.IdleTimeout);
            var expired = _idle[..(young < 0 ? _idle.Count : young)];
            _idle.RemoveRange(0, expired.Count);
            if (_idle.Count > 0)
                _idleTimer.Change(_options.IdleTimeout - _time.GetElapsedTime(_idle[0].Since), Timeout.InfiniteTimeSpan);
            return expired.ConvertAll(idle => idle.Connection);
        }
    }

    /// <summary>Rejects further calls and fails the waiters. Returns the idle connections, which the caller closes.</summary>
    public List<ConnectionContext> Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _idleTimer.Dispose();
            for (; _waiters.First is { } first; _waiters.RemoveFirst())
                first.Value.SetException(new ObjectDisposedException(nameof(ConnectionPool)));
            var idle = _idle.ConvertAll(idle => idle.Connection);
            _idle.Clear();
            return idle;
        }
    }

    private bool TryServeLocked(ConnectionContext? connection)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_waiters.First is not { } first)
            return false;
        _waiters.RemoveFirst();
        first.Value.SetResult(connection);
        return true;
    }

    [Conditional("DEBUG")]
    private void AssertInvariantsLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Debug.Assert(_used >= 0 && _used <= _options.MaxConnections, "Slots in use are within the maximum.");
        Debug.Assert(_idle.Count <= _used, "An idle connection has a slot.");
        Debug.Assert(_waiters.Count <= _options.MaxWaiters, "Waiters are within the maximum.");
        Debug.Assert(
            _waiters.Count == 0 || (_idle.Count == 0 && _used == _options.MaxConnections),
            "While a caller waits, no connection is idle and every slot is in use.");
    }

    /// <summary>A waiting caller. Its continuation runs on the thread pool, outside the lock.</summary>
    internal sealed class Waiter : TaskCompletionSource<ConnectionContext?>
    {
        public Waiter()
            : base(TaskCreationOptions.RunContinuationsAsynchronously) => Node = new(this);

        public LinkedListNode<Waiter> Node { get; }
    }
}
