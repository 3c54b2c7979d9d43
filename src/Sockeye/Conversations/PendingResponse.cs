using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>A request with one response, which is also the caller's task. Pooled by its connection.</summary>
internal sealed class PendingResponse<TRequest, TResponse>(RequestConnection<TRequest, TResponse> owner)
    : PendingRequest<TRequest, TResponse>, IValueTaskSource<TResponse>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<TResponse> _core;
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;
    private TResponse? _response;
    private Exception? _error;
    private volatile bool _isAwaited;
    private int _users; // the queue, and the caller of the task

    public ValueTask<TResponse> Task => new(this, _core.Version);

    public override bool HasStream => false;

    /// <summary>Starts a new use of the object.</summary>
    public void Start(TRequest request, TimeSpan timeout)
    {
        Debug.Assert(_users == 0, "The object is in the pool.");
        (Request, Timeout, State, _users) = (request, timeout, RequestState.Created, 2);
    }

    /// <summary>Lets the token cancel the request. Called before the request is in the queue.</summary>
    public void CancelBy(CancellationToken cancellationToken)
    {
        _token = cancellationToken;
        _cancellation = cancellationToken.UnsafeRegister(
            static request => ((PendingResponse<TRequest, TResponse>)request!).OnCancelled(), this);
    }

    /// <summary>Fails a request that the queue has refused.</summary>
    public void Refuse(Exception error)
    {
        // Unless its cancellation has failed it.
        if (owner.Abandon(this) is not RequestState.Created)
            return;
        Release();
        Fail(error);
    }

    public override bool IsLast(TResponse response) => true;

    public override ValueTask DeliverAsync(TResponse response, bool isLast)
    {
        Complete(response, null, owner.ContinuesInline);
        return default;
    }

    public override void Fail(Exception error) => Complete(default, error, inline: false);

    public override void OnRemoved() => Release();

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _isAwaited = true;
        _core.OnCompleted(continuation, state, token, flags);
    }

    public TResponse GetResult(short token)
    {
        if (_core.GetStatus(token) is ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("Await a request before you read its result.");
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _cancellation.Dispose();
            Release();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        _core.RunContinuationsAsynchronously = false;
        SetResult(_response, _error);
    }

    private void OnCancelled()
    {
        var state = owner.Abandon(this);
        if (state is RequestState.Created)
            Release(); // No queue has it.
        if (state is RequestState.Created or RequestState.Waiting or RequestState.Sent)
        {
            Fail(new OperationCanceledException(
                state is RequestState.Sent
                    ? "The request was cancelled. It was sent, and may have been done."
                    : "The request was cancelled. It was certainly not sent.",
                _token));
        }
    }

    private void Complete(TResponse? response, Exception? error, bool inline)
    {
        if (inline)
        {
            _core.RunContinuationsAsynchronously = false;
            SetResult(response, error);
        }
        else if (_isAwaited)
        {
            (_response, _error) = (response, error);
            owner.Scheduler.Queue(this);
        }
        else
        {
            // The caller has not begun to wait. If it does so at this moment, it must not continue on this thread.
            _core.RunContinuationsAsynchronously = true;
            SetResult(response, error);
        }
    }

    private void SetResult(TResponse? response, Exception? error)
    {
        if (error is null)
            _core.SetResult(response!);
        else
            _core.SetException(error);
    }

    /// <summary>Returns the object to the pool when neither the queue nor the caller uses it.</summary>
    private void Release()
    {
        // A full fence: the last user sees all writes of the other one.
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        _core.Reset();
        (_cancellation, _token, _isAwaited) = (default, default, false);
        (Request, _response, _error) = (default!, default, null);
        owner.Return(this);
    }
}
