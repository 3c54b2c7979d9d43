using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>
/// The requests of one connection, and the rules about them: order, limits, matching of responses, and the fate of each. Makes no
/// I/O and reads no clock. Safe from any thread; completes no request itself, so no code of a user runs under its lock.
/// </summary>
/// <param name="maxInFlight">The maximum number of requests that were sent and have no response.</param>
/// <param name="maxWaiters">The maximum number of requests that wait beyond those that can be sent.</param>
/// <param name="maxId">The maximum id; null to match responses in order.</param>
internal sealed class RequestQueue<TRequest, TResponse>(int maxInFlight, int maxWaiters, long? maxId)
{
    private readonly Lock _lock = new();
    private readonly RequestSet<TRequest, TResponse> _requests = new(maxInFlight, maxId);
    private RequestException? _closed;
    private bool _isSending;
    private bool _holdsSending;
    private long _lateResponses;

    /// <summary>The number of requests that were sent and whose last response has not come.</summary>
    public int InFlightCount
    {
        get
        {
            lock (_lock)
                return _requests.SentCount;
        }
    }

    public int WaiterCount
    {
        get
        {
            lock (_lock)
                return _requests.WaitingCount;
        }
    }

    /// <summary>The number of responses that came after their callers had left.</summary>
    public long LateResponseCount => Interlocked.Read(ref _lateResponses);

    /// <summary>Whether no request can be sent, because the peer has left too many short ids without a response.</summary>
    public bool IsExhausted
    {
        get
        {
            lock (_lock)
                return _requests.IsExhausted;
        }
    }

    /// <summary>Adds a request. Returns the exception of a request that is refused.</summary>
    /// <param name="request">The request.</param>
    /// <param name="mustSend">Whether the caller must send what waits.</param>
    /// <param name="isAlone">Whether no other request is on its way.</param>
    public RequestException? Add(PendingRequest<TRequest, TResponse> request, out bool mustSend, out bool isAlone)
    {
        (mustSend, isAlone) = (false, false);
        lock (_lock)
        {
            if (request.State is RequestState.Ended)
                return null; // It was cancelled before.
            if (_closed is not null)
                return RequestException.Create(_closed.Error, wasSent: false, _closed.Message, _closed.InnerException);
            if (_requests.WaitingCount >= maxWaiters + Math.Max(maxInFlight - _requests.SentCount, 0))
            {
                return RequestException.Create(
                    RequestError.TooManyWaiters, wasSent: false,
                    $"{_requests.SentCount} requests are in flight and {_requests.WaitingCount} wait, the maximum "
                        + $"({nameof(RequestOptions.MaxInFlight)} and {nameof(RequestOptions.MaxWaiters)})");
            }

            _requests.Add(request);
            isAlone = _requests is { SentCount: 0, WaitingCount: 1 };
            mustSend = TryStartSendingLocked();
            return null;
        }
    }

    /// <summary>Takes the next request that may be sent.</summary>
    /// <param name="request">The request, for <see cref="Reject"/>. Its caller may leave at any moment, and the object may then
    /// be in use for another request: use the other two values.</param>
    /// <param name="message">The message to write.</param>
    /// <param name="id">The id to write, if responses are matched by id.</param>
    public bool TryTake(
        [MaybeNullWhen(false)] out PendingRequest<TRequest, TResponse> request, [MaybeNullWhen(false)] out TRequest message,
        out long id)
    {
        lock (_lock)
        {
            Debug.Assert(_isSending, "One caller sends at a time.");
            (request, message, id) = (null, default, 0);
            if (!CanSendLocked())
                return false;
            request = _requests.Take();
            (message, id) = (request.Request, request.Id);
            return true;
        }
    }

    /// <summary>Ends sending, unless more can be sent. Returns whether it has ended.</summary>
    public bool TryStopSending()
    {
        lock (_lock)
        {
            Debug.Assert(_isSending, "One caller sends at a time.");
            return !(_isSending = CanSendLocked());
        }
    }

    /// <summary>Holds requests back while responses are delivered, so that those of all callers are sent together.</summary>
    public void HoldSending()
    {
        lock (_lock)
            _holdsSending = true;
    }

    /// <summary>Ends holding requests back. Returns whether the caller must send.</summary>
    public bool ReleaseSending()
    {
        lock (_lock)
        {
            _holdsSending = false;
            return TryStartSendingLocked();
        }
    }

    /// <summary>Removes a request that was taken, but not written. Returns false if it has ended already.</summary>
    public bool Reject(PendingRequest<TRequest, TResponse> request)
    {
        lock (_lock)
        {
            if (request.State is not (RequestState.Sent or RequestState.Abandoned))
                return false;
            var isAwaited = request.State is RequestState.Sent;
            _requests.Remove(request);
            return isAwaited;
        }
    }

    /// <summary>Finds the request that a message answers. A request with one response is removed.</summary>
    /// <param name="id">The id of the message; ignored if responses come in order.</param>
    /// <param name="request">The request; null if its caller has left and nothing more is to be done.</param>
    /// <returns>False if no request was sent that the message could answer.</returns>
    public bool TryMatch(long id, out PendingRequest<TRequest, TResponse>? request)
    {
        lock (_lock)
        {
            if (!_requests.TryFind(id, out request, out var isLate))
                return isLate && CountLate();
            if (request.HasStream)
                return true;
            var isAbandoned = request.State is RequestState.Abandoned;
            _requests.Remove(request);
            if (isAbandoned)
            {
                request = null;
                CountLate();
            }

            return true;
        }
    }

    /// <summary>Processes a response of a stream, whose timeout is off until the next <see cref="SetDeadline"/>. Returns
    /// whether a caller still waits for it.</summary>
    public bool OnStreamResponse(PendingRequest<TRequest, TResponse> request, bool isLast)
    {
        lock (_lock)
        {
            var isAwaited = request.State is RequestState.Sent;
            request.Deadline = TimeSpan.MaxValue;
            if (isLast && request.State is not RequestState.Ended)
                _requests.Remove(request);
            if (!isAwaited)
                CountLate();
            return isAwaited;
        }
    }

    /// <summary>Sets the time by which the next response of a stream is due.</summary>
    public void SetDeadline(PendingRequest<TRequest, TResponse> request, TimeSpan deadline)
    {
        lock (_lock)
            request.Deadline = deadline;
    }

    /// <summary>
    /// Records that the caller has left. Returns the state that the request was in: the caller fails it if that was
    /// <see cref="RequestState.Created"/>, <see cref="RequestState.Waiting"/> or <see cref="RequestState.Sent"/>.
    /// </summary>
    public RequestState Abandon(PendingRequest<TRequest, TResponse> request)
    {
        lock (_lock)
            return _requests.Abandon(request);
    }

    /// <summary>Abandons the requests whose deadline has passed, and adds them to the list with their state before.</summary>
    /// <returns>The next deadline; <see cref="TimeSpan.MaxValue"/> if there is none.</returns>
    public TimeSpan TakeExpired(TimeSpan now, List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> expired)
    {
        lock (_lock)
            return _requests.TakeExpired(now, expired);
    }

    /// <summary>Ends the queue: adds the requests that have callers to the list, and refuses all later ones.</summary>
    /// <param name="reason">The exception that describes the end.</param>
    /// <param name="includesSent">False if responses to sent requests may still come.</param>
    /// <param name="ended">Receives the requests and their state before.</param>
    public void Close(
        RequestException reason, bool includesSent,
        List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> ended)
    {
        lock (_lock)
        {
            _closed ??= reason;
            _requests.TakeAll(includesSent, ended);
        }
    }

    private bool TryStartSendingLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_isSending || _holdsSending || !CanSendLocked())
            return false;
        return _isSending = true;
    }

    private bool CanSendLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        return _closed is null && _requests.CanSend;
    }

    private bool CountLate()
    {
        Interlocked.Increment(ref _lateResponses); // Read without the lock, for display.
        MessageMetrics.OnLateResponse();
        return true;
    }
}
