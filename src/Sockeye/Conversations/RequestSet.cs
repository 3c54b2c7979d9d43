using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>The requests of one connection that have not ended: those that wait, and those that were sent. For one caller at a
/// time.</summary>
/// <param name="maxInFlight">The maximum number of requests that were sent and have no response.</param>
/// <param name="maxId">The maximum id; null to match responses in order.</param>
internal sealed class RequestSet<TRequest, TResponse>(int maxInFlight, long? maxId)
{
    private readonly PendingRequestList<TRequest, TResponse> _waiting = new();
    private readonly PendingRequestList<TRequest, TResponse> _sent = new();
    private readonly RequestIdTable<TRequest, TResponse>? _ids = maxId is { } max ? new(max) : null;

    public int WaitingCount => _waiting.Count;

    public int SentCount => _sent.Count;

    /// <summary>Whether a request waits and may be sent.</summary>
    public bool CanSend => _waiting.First is not null && _sent.Count < maxInFlight && _ids is not { HasFreeId: false };

    public bool IsExhausted => _ids is { IsExhausted: true };

    public void Add(PendingRequest<TRequest, TResponse> request)
    {
        request.State = RequestState.Waiting;
        _waiting.Add(request);
    }

    /// <summary>Takes the request that has waited longest, to be sent.</summary>
    public PendingRequest<TRequest, TResponse> Take()
    {
        var request = _waiting.First!;
        _waiting.Remove(request);
        _ids?.Add(request);
        request.State = RequestState.Sent;
        _sent.Add(request);
        return request;
    }

    /// <summary>Finds the request that a response answers.</summary>
    /// <param name="id">The id of the response; ignored if responses come in order.</param>
    /// <param name="request">The request.</param>
    /// <param name="isLate">If there is none, whether the response may be late.</param>
    public bool TryFind(long id, [MaybeNullWhen(false)] out PendingRequest<TRequest, TResponse> request, out bool isLate)
    {
        isLate = false;
        if (_ids is null)
        {
            request = _sent.First;
            return request is not null;
        }

        if (_ids.TryFind(id, out request))
            return true;
        isLate = _ids.IsLate(id);
        return false;
    }

    /// <summary>Removes a request that was sent.</summary>
    public void Remove(PendingRequest<TRequest, TResponse> request)
    {
        _ids?.Remove(request);
        _sent.Remove(request);
        End(request);
    }

    /// <summary>Records that the caller of a request has left. Returns the state before.</summary>
    public RequestState Abandon(PendingRequest<TRequest, TResponse> request)
    {
        var before = request.State;
        switch (before)
        {
            case RequestState.Created:
                request.State = RequestState.Ended;
                break;
            case RequestState.Waiting:
                _waiting.Remove(request);
                End(request);
                break;
            case RequestState.Sent when _ids is null || request.HasStream:
                // It keeps its position, so that its responses are dropped, and count as in flight until they have come.
                request.State = RequestState.Abandoned;
                break;
            case RequestState.Sent:
                _ids.Abandon(request);
                _sent.Remove(request);
                End(request);
                break;
        }

        return before;
    }

    /// <summary>Abandons the requests whose deadline has passed, and adds them to the list with their state before.</summary>
    /// <returns>The next deadline; the maximum if there is none.</returns>
    public TimeSpan TakeExpired(TimeSpan now, List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> expired)
    {
        var next = TimeSpan.MaxValue;
        TakeExpired(_waiting, now, expired, ref next);
        TakeExpired(_sent, now, expired, ref next);
        return next;
    }

    /// <summary>Ends the requests, and adds those that have callers to the list.</summary>
    public void TakeAll(bool includesSent, List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> ended)
    {
        while (_waiting.First is { } request)
            ended.Add((request, Abandon(request)));
        while (includesSent && _sent.First is { } request)
        {
            if (request.State is RequestState.Sent)
                ended.Add((request, RequestState.Sent));
            Remove(request);
        }
    }

    private static void End(PendingRequest<TRequest, TResponse> request)
    {
        request.State = RequestState.Ended;
        request.OnRemoved();
    }

    private void TakeExpired(
        PendingRequestList<TRequest, TResponse> requests, TimeSpan now,
        List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> expired, ref TimeSpan next)
    {
        for (var (request, following) = (requests.First, requests.First?.Next); request is not null; request = following)
        {
            following = request.Next;
            if (request.State is RequestState.Abandoned)
                continue;
            if (request.Deadline <= now)
                expired.Add((request, Abandon(request)));
            else if (request.Deadline < next)
                next = request.Deadline;
        }
    }
}
