using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Who may have which connection: the slots of a pool, its idle connections, and the line of those who wait.</summary>
/// <remarks>
/// Pure bookkeeping under one lock; it opens and closes nothing. While somebody waits, no connection is idle and every slot is
/// in use, so nobody can overtake. A waiter leaves the line in exactly one way (given a slot, given up, or failed), decided under
/// the lock: that is why a slot cannot get lost between a return and a cancellation.
/// </remarks>
internal sealed class PoolSlots
{
    private readonly ConnectionPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _idleTimer;
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = new();

    // The oldest first. The newest is reused first, so that those that are not needed grow old.
    private readonly List<(ConnectionContext Connection, long Since)> _idle = [];
    private int _used;
    private bool _isClosed;

    /// <param name="options">The limits.</param>
    /// <param name="time">Measures how long connections are idle.</param>
    /// <param name="onIdleTimeout">Called when <see cref="TakeExpired"/> has something to give.</param>
    public PoolSlots(ConnectionPoolOptions options, TimeProvider time, Action onIdleTimeout)
    {
        (_options, _time) = (options, time);
        _idleTimer = time.CreateTimer(_ => onIdleTimeout(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Slots in use: connections that are being opened, lent, idle or being closed.</summary>
    public int UsedCount { get { lock (_lock) return _used; } }

    public int IdleCount { get { lock (_lock) return _idle.Count; } }

    public int WaiterCount { get { lock (_lock) return _waiters.Count; } }

    /// <summary>
    /// Takes a slot: at once with an idle connection in it, at once with none in it (null: the caller opens one), or by waiting,
    /// when a waiter is returned that stands at the end of the line. Null as well when there are too many waiters.
    /// </summary>
    public bool TryTake(out ConnectionContext? idle, out Waiter? waiter)
    {
        (idle, waiter) = (null, null);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(ConnectionPool));
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

    /// <summary>Gives a slot back with a connection that can be reused; false when the pool was closed.</summary>
    public bool TryReturn(ConnectionContext connection)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            if (TryServe(connection))
                return true;
            _idle.Add((connection, _time.GetTimestamp()));
            // With older ones there the timer runs already, for the oldest of them.
            if (_idle.Count == 1)
                _idleTimer.Change(_options.IdleTimeout, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>Gives an empty slot back.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (!TryServe(null))
                _used--;
        }
    }

    /// <summary>Takes a waiter out of the line; false when it has been served meanwhile.</summary>
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

    /// <summary>Takes the connections that were idle for too long; the caller closes them and releases their slots.</summary>
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

    /// <summary>Refuses everything from now on and fails those who wait. Returns the idle connections, to be closed.</summary>
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

    private bool TryServe(ConnectionContext? connection)
    {
        if (_waiters.First is not { } first)
            return false;
        _waiters.RemoveFirst();
        first.Value.SetResult(connection);
        return true;
    }

    /// <summary>A caller in the line. It goes on on the thread pool, not under the lock of who served it.</summary>
    internal sealed class Waiter : TaskCompletionSource<ConnectionContext?>
    {
        public Waiter()
            : base(TaskCreationOptions.RunContinuationsAsynchronously) => Node = new(this);

        public LinkedListNode<Waiter> Node { get; }
    }
}
