using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>
/// A connection that sends requests and returns the response to each. <c>connection.AsRequests()</c> creates one.
/// </summary>
/// <remarks>
/// Any number of callers may send requests at the same time: the requests are pipelined, up to
/// <see cref="RequestOptions.MaxInFlight"/>. It is the only reader of its message connection. Messages that need no response are
/// written with <c>Messages.WriteAsync</c>.
/// </remarks>
/// <typeparam name="TRequest">The message that this side sends.</typeparam>
/// <typeparam name="TResponse">The message that the peer sends.</typeparam>
public sealed class RequestConnection<TRequest, TResponse> : IAsyncDisposable
{
    private readonly RequestOptions _options;
    private readonly RequestQueue<TRequest, TResponse> _queue;
    private readonly RequestSender<TRequest, TResponse> _sender;
    private readonly RequestReader<TRequest, TResponse> _reader;
    private readonly RequestDeadlines _deadlines;
    private readonly PendingResponsePool<TRequest, TResponse> _pool;
    private int _isDisposed;

    internal RequestConnection(
        MessageConnection<TResponse, TRequest> messages, RequestRules<TRequest, TResponse> rules, RequestOptions options)
    {
        (Messages, _options) = (messages, options);
        Scheduler = Scheduling.GetScheduler(messages.Connection);
        var time = options.TimeProvider ?? Scheduling.GetTimeProvider(messages.Connection);
        _queue = new(options.MaxInFlight, options.MaxWaiters, rules.Ids?.MaxId);
        _deadlines = new(SharedTimers.Get(time), Expire);
        _pool = new(this, options.MaxInFlight);
        _sender = new(messages, _queue, rules, Scheduler);
        _reader = new(messages, _queue, _sender, _deadlines, rules, options);
        Completion = Scheduler.RunAsync(ReadAsync);
    }

    /// <summary>Gets the messages below, for messages that need no response. Do not read from it.</summary>
    public MessageConnection<TResponse, TRequest> Messages { get; }

    /// <summary>Gets a task that completes when no further response can come: the peer has ended its side, the connection was
    /// lost, or it was disposed. It does not fail; <see cref="CloseReason"/> has the reason.</summary>
    public Task Completion { get; }

    /// <summary>Gets the reason why the connection ended. Null while it is open.</summary>
    public CloseReason? CloseReason => Messages.CloseReason;

    /// <summary>Gets the number of requests that were sent and have no response yet, which includes those whose callers have
    /// left, if responses come in order.</summary>
    public int InFlightCount => _queue.InFlightCount;

    /// <summary>Gets the number of requests that wait to be sent.</summary>
    public int WaiterCount => _queue.WaiterCount;

    /// <summary>Gets the number of responses that were dropped, because they came after the timeout or the cancellation of their
    /// requests.</summary>
    public long LateResponseCount => _queue.LateResponseCount;

    internal PipeScheduler Scheduler { get; }

    internal bool ContinuesInline => _options.UnsafeContinueInline;

    /// <summary>
    /// Sends a request, and returns its response. The time limit is <see cref="RequestOptions.RequestTimeout"/>.
    /// </summary>
    /// <remarks>
    /// Requests are sent in the order of the calls. Await the task once. A call allocates nothing, except for the messages and
    /// the task of a caller that converts it.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the wait. A request that waits is not sent. The response to a request that was
    /// sent is dropped when it comes, and never reaches another request.</param>
    /// <exception cref="ArgumentNullException">The request is null.</exception>
    /// <exception cref="RequestException">No response came. <see cref="RequestException.MayHaveBeenDone"/> says whether the
    /// request was sent.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<TResponse> SendAsync(TRequest request, CancellationToken cancellationToken = default) =>
        SendAsync(request, _options.RequestTimeout, cancellationToken);

    /// <summary>Sends a request, and returns its response.</summary>
    /// <inheritdoc cref="SendAsync(TRequest, CancellationToken)"/>
    /// <param name="request">The request.</param>
    /// <param name="timeout">The time limit. Range: more than 0, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Cancels the wait. A request that waits is not sent. The response to a request that was
    /// sent is dropped when it comes, and never reaches another request.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of range.</exception>
    public ValueTask<TResponse> SendAsync(TRequest request, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(request);
        CheckTimeout(timeout);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<TResponse>(cancellationToken);
        var pending = _pool.Rent();
        pending.Start(request, timeout);
        var task = pending.Task;
        if (cancellationToken.CanBeCanceled)
            pending.CancelBy(cancellationToken);
        if (Enqueue(pending) is { } error)
            pending.Refuse(error);
        return task;
    }

    /// <summary>Sends a request, and returns its responses, of which there may be many.</summary>
    /// <remarks>
    /// The request is sent when the enumeration starts. Up to <see cref="RequestOptions.MaxQueuedResponses"/> responses wait for
    /// the reader. If the reader leaves before the last response, the others are dropped when they come.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="isLast">Decides whether a response is the last one of the stream. That response is returned too.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="RequestException">The stream ended before its last response.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IAsyncEnumerable<TResponse> SendStreamAsync(
        TRequest request, Func<TResponse, bool> isLast, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(isLast);
        return StreamAsync(request, isLast, cancellationToken);
    }

    /// <summary>Reads the messages that answer no request, until the connection ends. One reader at a time.</summary>
    /// <remarks>For connections without <see cref="RequestRules{TRequest, TResponse}.OnPush"/>. Up to
    /// <see cref="RequestOptions.MaxQueuedPushes"/> pushes wait; one more ends the connection.</remarks>
    /// <param name="cancellationToken">Cancels the wait. No push is lost.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<TResponse> ReadPushesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _reader.Pushes.WaitToReadAsync(cancellationToken))
        {
            while (_reader.Pushes.TryRead(out var push))
                yield return push;
        }
    }

    /// <summary>
    /// Fails the requests that have no response, and disposes the message connection: it sends what was written, then FIN. Safe
    /// to call from any thread, and more than once.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        End(new(RequestError.ConnectionEnded, mayHaveBeenDone: false, "The connection for requests was disposed"));
        await Messages.DisposeAsync();
    }

    /// <summary>Records that a caller has left. Returns the state of its request before.</summary>
    internal RequestState Abandon(PendingRequest<TRequest, TResponse> request)
    {
        var state = _queue.Abandon(request);
        AbortIfExhausted();
        return state;
    }

    internal void Return(PendingResponse<TRequest, TResponse> request) => _pool.Return(request);

    internal static void CheckTimeout(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                nameof(timeout), timeout, "timeout must be more than 0, or Timeout.InfiniteTimeSpan.");
        }
    }

    /// <summary>Adds a request. Returns the exception of one that is refused.</summary>
    private RequestException? Enqueue(PendingRequest<TRequest, TResponse> pending)
    {
        var deadline = _deadlines.GetDeadline(pending.Timeout);
        pending.Deadline = deadline;
        if (_queue.Add(pending, out var mustSend, out var isAlone) is { } error)
            return error;
        // The request may have ended, and may be in use for another caller: only the local values are used.
        _deadlines.Arm(deadline);
        if (mustSend)
            _sender.Start(inline: isAlone);
        return null;
    }

    private async IAsyncEnumerable<TResponse> StreamAsync(
        TRequest request, Func<TResponse, bool> isLast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = new PendingStream<TRequest, TResponse>(
            request, isLast, _options.RequestTimeout, _options.MaxQueuedResponses);
        if (Enqueue(pending) is { } error)
            throw error;
        try
        {
            while (await pending.Responses.WaitToReadAsync(cancellationToken))
            {
                while (pending.Responses.TryRead(out var response))
                    yield return response;
            }
        }
        finally
        {
            Abandon(pending);
            pending.Close();
        }
    }

    private async Task ReadAsync()
    {
        var error = await _reader.RunAsync();
        End(error);
        _reader.EndPushes();
    }

    private TimeSpan Expire(TimeSpan now)
    {
        List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> expired = [];
        var next = _queue.TakeExpired(now, expired);
        foreach (var (request, state) in expired)
        {
            request.Fail(RequestException.Create(
                RequestError.TimedOut, state is RequestState.Sent,
                $"No response came within {OptionChecks.Describe(request.Timeout)} "
                    + $"({nameof(RequestOptions.RequestTimeout)}) on connection {Messages.Connection.ConnectionId}"));
        }

        AbortIfExhausted();
        return next;
    }

    private void End(RequestException reason)
    {
        _deadlines.End();
        List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> ended = [];
        _queue.Close(reason, includesSent: true, ended);
        foreach (var (request, state) in ended)
        {
            request.Fail(RequestException.Create(
                RequestError.ConnectionEnded, state is RequestState.Sent, reason.Message, reason.InnerException));
        }
    }

    private void AbortIfExhausted()
    {
        if (_queue.IsExhausted)
        {
            Messages.Connection.Abort(CloseReason.Local(
                CloseCause.Timeout, "the peer has left all ids of requests without a response, so no request can be sent"));
        }
    }
}
