using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>The agreement of a handler with its server on when the connection moves. A feature of each connection of an endpoint
/// with <c>UseMoving</c>.</summary>
/// <remarks>The server requests a move, and the handler answers it at a point of its choice with its state. Then it waits for the
/// outcome. Safe from any thread.</remarks>
/// <param name="maxStateSize">The maximum size in bytes of the handler's state.</param>
/// <param name="scheduler">The scheduler on which callbacks of the token run.</param>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer needs no disposal.")]
internal sealed class ConnectionMove(int maxStateSize, PipeScheduler scheduler)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(string Name, Func<byte[]?> Save)> _parts = [];
    private CancellationTokenSource _token = new();
    private CancellationTokenSource _withdrawal = new();
    private TaskCompletionSource<MoveOffer>? _request;
    private volatile bool _isRequested;
    private bool _hasReturned;

    /// <summary>The state from which the connection continues; null for an accepted connection.</summary>
    public ConnectionSnapshot? Continued { get; init; }

    /// <summary>Whether the server waits for the handler.</summary>
    public bool IsRequested => _isRequested;

    /// <summary>Whether another server has the connection.</summary>
    public bool HasMoved { get; private set; }

    /// <summary>Fires at the next request. A request that ends without a move replaces it.</summary>
    public CancellationToken Requested
    {
        get
        {
            lock (_lock)
                return _token.Token;
        }
    }

    /// <summary>Fires when the server waits no longer for the answer to its request.</summary>
    public CancellationToken Withdrawn
    {
        get
        {
            lock (_lock)
                return _withdrawal.Token;
        }
    }

    /// <summary>Wakes a reader of messages, which waits for bytes, at a request.</summary>
    public Action? Wake { get; set; }

    /// <summary>Returns the state of a handler of messages, which waits for a message at that moment.</summary>
    public Func<ReadOnlyMemory<byte>> SaveState { get; set; } = static () => default;

    /// <summary>Completes when the handler of a continued connection runs.</summary>
    public Task Started => _started.Task;

    /// <summary>The input that the handler uses, which may be a layer on that of the connection.</summary>
    public IDuplexPipe? Transport { get; private set; }

    public void OnStarted() => _started.TrySetResult();

    /// <summary>Adds a state that moves with the connection. Null from the callback: there is none.</summary>
    public void AddPart(string name, Func<byte[]?> save)
    {
        lock (_lock)
            _parts.Add((name, save));
    }

    /// <summary>Returns a state that has come with the connection; null if there is none.</summary>
    public ReadOnlyMemory<byte>? FindPart(string name)
    {
        foreach (var part in Continued?.Parts ?? [])
        {
            if (part.Name == name)
                return part.Bytes;
        }

        return null;
    }

    public List<SnapshotPart> SaveParts()
    {
        lock (_lock)
        {
            return [
                .. from part in _parts
                   let bytes = part.Save()
                   where bytes is not null
                   select new SnapshotPart(part.Name, bytes),
            ];
        }
    }

    /// <summary>Ends the wait for an answer, because the handler has returned.</summary>
    public void OnReturned()
    {
        lock (_lock)
        {
            _hasReturned = true;
            _request?.TrySetCanceled();
        }
    }

    /// <summary>Requests a move, and waits for the handler. Null if it returns, or does not answer in time. One caller at a
    /// time.</summary>
    public async Task<MoveOffer?> RequestAsync(TimeSpan timeout, TimeProvider time)
    {
        TaskCompletionSource<MoveOffer> request = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenSource token;
        lock (_lock)
        {
            if (_request is not null || HasMoved || _hasReturned)
                return null;
            (_request, token) = (request, _token);
            _isRequested = true;
        }

        scheduler.Schedule(static token => ((CancellationTokenSource)token!).Cancel(), token);
        Wake?.Invoke();
        await request.Task.WaitAsync(timeout, time).WithoutThrowing();
        CancellationTokenSource withdrawal;
        lock (_lock)
        {
            if (request.Task.IsCompletedSuccessfully)
                return request.Task.Result;
            withdrawal = _withdrawal;
            EndRequestLocked();
        }

        withdrawal.Cancel();
        return null;
    }

    /// <summary>Answers a request, and waits for its outcome.</summary>
    /// <returns>True if another server has the connection; false if it continues here, or no move is requested.</returns>
    public async ValueTask<bool> AnswerAsync(Func<ReadOnlyMemory<byte>> saveState, IDuplexPipe transport)
    {
        MoveOffer offer;
        lock (_lock)
        {
            if (_request is not { Task.IsCompleted: false } request)
                return HasMoved;
            Transport = transport;
            offer = Save(saveState);
            request.SetResult(offer);
        }

        return await offer.Outcome;
    }

    /// <summary>A state that cannot be saved keeps the connection here: it must not break what works.</summary>
    private MoveOffer Save(Func<ReadOnlyMemory<byte>> saveState)
    {
        try
        {
            var state = saveState();
            return state.Length <= maxStateSize
                ? new(this, state)
                : new(this, default)
                {
                    Refusal = new(
                        MoveRefusalKind.TooLarge,
                        $"its handler's state has {state.Length} bytes, and UseMoving allows {maxStateSize} (maxStateSize)"),
                };
        }
        catch (Exception error)
        {
            return new(this, default)
            {
                Refusal = new(
                    MoveRefusalKind.HandlerBusy, $"saving its handler's state threw {error.GetType().Name}: {error.Message}"),
            };
        }
    }

    /// <summary>Ends the request with its outcome.</summary>
    internal void End(bool hasMoved)
    {
        lock (_lock)
        {
            Debug.Assert(_request is not null, "A request has one outcome.");
            HasMoved = hasMoved;
            EndRequestLocked();
        }
    }

    private void EndRequestLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "A request ends under the lock.");
        (_request, _isRequested) = (null, false);
        if (!HasMoved)
            (_token, _withdrawal) = (new(), new()); // For the next request: these have fired, or are about to.
    }
}

/// <summary>A handler that waits for the outcome of a move.</summary>
internal sealed class MoveOffer(ConnectionMove move, ReadOnlyMemory<byte> state)
{
    private readonly TaskCompletionSource<bool> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlyMemory<byte> State => state;

    /// <summary>The reason why the handler cannot move after all; null if it can.</summary>
    public MoveRefusal? Refusal { get; init; }

    public Task<bool> Outcome => _outcome.Task;

    public void Complete(bool hasMoved)
    {
        move.End(hasMoved);
        _outcome.SetResult(hasMoved);
    }
}
