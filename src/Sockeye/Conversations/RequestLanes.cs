using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The open connections of a client, its state, and the requests that wait for a connection.</summary>
internal sealed class RequestLanes<TRequest, TResponse>(RequestClientOptions options, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly Queue<ReconnectState> _changes = new();
    private RequestConnection<TRequest, TResponse>[] _open = [];
    private readonly List<TaskCompletionSource> _waiters = [];
    private int _liveCount = options.MaxConnections;
    private int _queuedCount;
    private bool _isReporting;

    /// <summary>The state of the client.</summary>
    public ReconnectState State { get; private set; } = ReconnectState.Initial;

    public int QueuedCount => Volatile.Read(ref _queuedCount);

    /// <summary>The open connection with the fewest requests in flight; null if there is none.</summary>
    public RequestConnection<TRequest, TResponse>? Current
    {
        get
        {
            var open = Volatile.Read(ref _open);
            return open.Length <= 1 ? open.FirstOrDefault() : open.MinBy(each => each.InFlightCount + each.WaiterCount);
        }
    }

    private bool HasEnded => State.Status is ReconnectStatus.GaveUp or ReconnectStatus.Ended;

    /// <summary>Adds a connection that is ready for requests.</summary>
    public void Add(RequestConnection<TRequest, TResponse> connection)
    {
        lock (_lock)
        {
            if (HasEnded)
                return;
            Volatile.Write(ref _open, [.. _open, connection]);
            SetStateLocked(new(ReconnectStatus.Connected, 0, TimeSpan.Zero, null));
        }

        ReleaseWaiters();
        Report();
    }

    /// <summary>Removes a connection that has ended.</summary>
    public void Remove(RequestConnection<TRequest, TResponse> connection)
    {
        lock (_lock)
            Volatile.Write(ref _open, [.. _open.Where(each => each != connection)]);
    }

    /// <summary>Records the state of one connection, which is that of the client if no other one is open.</summary>
    public void OnState(ReconnectState state)
    {
        lock (_lock)
        {
            if (_open.Length == 0)
                SetStateLocked(state);
        }

        Report();
    }

    /// <summary>Records that one connection is not opened again. With the last one, the client ends.</summary>
    public void GiveUp(ReconnectState state)
    {
        // A full fence: one caller is the last.
        if (Interlocked.Decrement(ref _liveCount) == 0)
            Close(state);
    }

    /// <summary>Ends the client with a last state.</summary>
    public void Close(ReconnectState state)
    {
        lock (_lock)
        {
            if (State.Status is ReconnectStatus.GaveUp)
                State = state;
            else
                SetStateLocked(state);
        }

        ReleaseWaiters();
        Report();
    }

    /// <summary>Waits for a connection other than the last one.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    /// <exception cref="RequestException">The client has ended, or too many requests wait.</exception>
    public async ValueTask<RequestConnection<TRequest, TResponse>> WaitAsync(
        RequestConnection<TRequest, TResponse>? last, bool isQueued, TimeSpan timeout, TimeProvider time,
        CancellationToken cancellationToken)
    {
        // A full fence, as everything that counts.
        if (isQueued && Interlocked.Increment(ref _queuedCount) > options.MaxQueuedRequests)
        {
            Interlocked.Decrement(ref _queuedCount);
            throw RequestException.Create(
                RequestError.NotConnected, wasSent: false,
                $"There is no connection, and {options.MaxQueuedRequests} requests wait for one, the maximum "
                    + $"({nameof(options.MaxQueuedRequests)}): the client is {State}",
                State.Error);
        }

        try
        {
            using var late = new CancellationTokenSource(timeout, time);
            while (true)
            {
                TaskCompletionSource waiter;
                lock (_lock)
                {
                    if (HasEnded)
                        throw RequestException.Create(RequestError.NotConnected, false, $"The client is {State}", State.Error);
                    if (Current is { } connection && connection != last)
                        return connection;
                    waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    _waiters.Add(waiter);
                }

                await using (cancellationToken.UnsafeRegister(
                    static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), waiter))
                await using (late.Token.UnsafeRegister(
                    static waiter => ((TaskCompletionSource)waiter!).TrySetException(new TimeoutException()), waiter))
                    await waiter.Task;
            }
        }
        finally
        {
            if (isQueued)
                Interlocked.Decrement(ref _queuedCount);
        }
    }

    /// <summary>Continues the callers that wait, in the order in which they came.</summary>
    private void ReleaseWaiters()
    {
        TaskCompletionSource[] waiters;
        lock (_lock)
        {
            waiters = [.. _waiters];
            _waiters.Clear();
        }

        foreach (var waiter in waiters)
            waiter.TrySetResult();
    }

    private void SetStateLocked(ReconnectState state)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (HasEnded)
            return;
        State = state;
        if (options.OnStateChanged is not null)
            _changes.Enqueue(state);
    }

    /// <summary>Calls the handler of changes, one change at a time, in order.</summary>
    private void Report()
    {
        if (options.OnStateChanged is not { } handler)
            return;
        while (true)
        {
            ReconnectState? state;
            lock (_lock)
            {
                if (_isReporting || !_changes.TryDequeue(out state))
                    return;
                _isReporting = true;
            }

            logger.Guard("reporting a change of the state of", "a client for requests", () => handler(state));
            lock (_lock)
                _isReporting = false;
        }
    }
}
