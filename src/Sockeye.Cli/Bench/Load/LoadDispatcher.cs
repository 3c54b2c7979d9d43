using System.Diagnostics;

namespace Sockeye.Cli;

/// <summary>The open loop: a thread that sends requests at their planned starts on connections that are free.</summary>
/// <remarks>
/// A request whose start comes while all connections are busy waits for the first that is free; it keeps its planned start, and
/// is never dropped. Requests that wait are not stored: they are those of the plan that are due.
/// </remarks>
internal sealed class LoadDispatcher : IDisposable
{
    public const string ThreadName = "Sockeye plan";

    private readonly Lock _lock = new();
    private readonly ArrivalPlan _plan;
    private readonly Queue<LoadConnection> _free = [];
    private readonly Queue<long> _returned = [];
    private readonly ManualResetEventSlim _freed = new();
    private readonly PreciseWait _wait = new(static () => BenchClock.Now);
    private readonly LoadRecorder _recorder;
    private readonly long _start;
    private readonly long _budget;
    private readonly Thread _thread;
    private long _sent;
    private long _unblockedAt;
    private bool _isBlocked;
    private bool _isClosed;

    /// <param name="plan">The plan, with offsets from the start.</param>
    /// <param name="start">The timestamp of the start.</param>
    /// <param name="recorder">Knows the end.</param>
    /// <param name="budget">The maximum number of requests.</param>
    public LoadDispatcher(ArrivalPlan plan, long start, LoadRecorder recorder, long budget = long.MaxValue)
    {
        (_plan, _start, _recorder, _budget) = (plan, start, recorder, budget);
        _thread = new(Run) { IsBackground = true, Name = ThreadName, Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>The times by which requests were sent late although a connection was free: the error of this program.</summary>
    public LatencyHistogram ScheduleError { get; } = new();

    /// <summary>The number of requests that were sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public bool IsBudgetSpent => Sent >= _budget;

    public void Start() => _thread.Start();

    /// <summary>Waits for the end of the thread, after the end of the period.</summary>
    public void Join()
    {
        _freed.Set();
        _thread.Join();
    }

    public void Dispose() => _freed.Dispose();

    /// <summary>Adds a permit for one request on a connection.</summary>
    public void AddFree(LoadConnection connection)
    {
        lock (_lock)
        {
            _free.Enqueue(connection);
            if (!_isBlocked)
                return;
            _isBlocked = false;
            _unblockedAt = BenchClock.Now;
        }

        _freed.Set();
    }

    /// <summary>Takes the request that has waited longest. Returns false if none is due; then the connection is free.</summary>
    public bool TryTakeDue(LoadConnection connection, long now, out long planned, out long id)
    {
        lock (_lock)
        {
            if (TryTakeLocked(now, out planned, out id))
                return true;
        }

        AddFree(connection);
        return false;
    }

    /// <summary>Gives back a request that could not be sent, because its connection had ended.</summary>
    public void Return(long planned)
    {
        lock (_lock)
            _returned.Enqueue(planned);
        Interlocked.Decrement(ref _sent);
    }

    /// <summary>Sends nothing from now on, and returns the planned starts up to the end that were never sent.</summary>
    public IEnumerable<long> TakeUnsent()
    {
        lock (_lock)
            _isClosed = true;
        var end = _recorder.End;
        while (_returned.TryDequeue(out var planned))
            yield return planned;
        for (; _sent < _budget && _start + _plan.Peek < end; _sent++)
        {
            yield return _start + _plan.Peek;
            _plan.Advance();
        }
    }

    private void Run()
    {
        _wait.Prepare();
        while (BenchClock.Now < _recorder.End && !IsBudgetSpent)
        {
            var next = GetNext();
            var now = _wait.WaitUntil(Math.Min(next, _recorder.End));
            if (now >= next && !SendDue(now))
            {
                _freed.Wait(TimeSpan.FromMilliseconds(20));
                _freed.Reset();
            }
        }
    }

    private long GetNext()
    {
        lock (_lock)
            return PeekLocked();
    }

    /// <summary>Sends the requests that are due. Returns false if one waits for a connection.</summary>
    private bool SendDue(long now)
    {
        while (true)
        {
            LoadConnection? connection;
            long planned, id, freedAt;
            lock (_lock)
            {
                if (PeekLocked() > now || now >= _recorder.End)
                    return true;
                freedAt = _unblockedAt;
                if (!_free.TryDequeue(out connection))
                {
                    _isBlocked = true;
                    return false;
                }

                if (!TryTakeLocked(now, out planned, out id))
                {
                    _free.Enqueue(connection);
                    return true;
                }
            }

            // A permit of a connection that has ended is dropped; a new connection brings new ones.
            if (!connection.TrySend(planned, id, out var sent))
                Return(planned);
            else
                ScheduleError.Record(Math.Max(0, sent - Math.Max(planned, freedAt)));
        }
    }

    private long PeekLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The plan is read under the lock.");
        return _returned.TryPeek(out var planned) ? planned : _start + _plan.Peek;
    }

    private bool TryTakeLocked(long now, out long planned, out long id)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The plan is read under the lock.");
        id = _sent;
        planned = PeekLocked();
        if (_isClosed || planned > now || planned >= _recorder.End || _sent >= _budget)
            return false;
        if (!_returned.TryDequeue(out _))
            _plan.Advance();
        Interlocked.Increment(ref _sent);
        return true;
    }
}
