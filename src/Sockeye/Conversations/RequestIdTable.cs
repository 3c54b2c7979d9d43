using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>The requests that were sent, by id. The lock of the queue guards it.</summary>
/// <remarks>
/// An id is never used for a second request while a response to the first one may come: also if the caller of the first one has
/// left. Short ids that were abandoned are therefore kept until their response comes. Long ones do not repeat, and are not kept.
/// </remarks>
/// <param name="maxId">The maximum id. Ids start from 1.</param>
internal sealed class RequestIdTable<TRequest, TResponse>(long maxId)
{
    /// <summary>The maximum number of abandoned ids, which bounds the memory.</summary>
    internal const int MaxAbandoned = 65_536;

    private readonly Dictionary<long, PendingRequest<TRequest, TResponse>> _sent = [];
    private readonly HashSet<long>? _abandoned = maxId <= uint.MaxValue ? [] : null;
    private long _lastId;
    private bool _hasRepeated;

    /// <summary>Whether an id is free.</summary>
    public bool HasFreeId => _sent.Count + AbandonedCount < maxId && AbandonedCount < MaxAbandoned;

    /// <summary>Whether all ids are abandoned, so that no request can be sent until a late response comes.</summary>
    public bool IsExhausted => AbandonedCount >= Math.Min(maxId, MaxAbandoned);

    private int AbandonedCount => _abandoned?.Count ?? 0;

    /// <summary>Gives a request the next free id.</summary>
    public void Add(PendingRequest<TRequest, TResponse> request)
    {
        Debug.Assert(HasFreeId, "The caller has checked it.");
        do
        {
            if (_lastId == maxId)
                (_lastId, _hasRepeated) = (0, true);
            _lastId++;
        }
        while (_hasRepeated && (_sent.ContainsKey(_lastId) || _abandoned?.Contains(_lastId) is true));
        request.Id = _lastId;
        _sent.Add(_lastId, request);
    }

    public bool TryFind(long id, [MaybeNullWhen(false)] out PendingRequest<TRequest, TResponse> request) =>
        _sent.TryGetValue(id, out request);

    /// <summary>Removes a request whose last response has come, or which was not sent.</summary>
    public void Remove(PendingRequest<TRequest, TResponse> request) => _sent.Remove(request.Id);

    /// <summary>Removes a request whose response may come, but is not awaited.</summary>
    public void Abandon(PendingRequest<TRequest, TResponse> request)
    {
        _sent.Remove(request.Id);
        _abandoned?.Add(request.Id);
    }

    /// <summary>Whether a response with an id that is not in the table may be late: a request has had the id.</summary>
    public bool IsLate(long id)
    {
        _abandoned?.Remove(id);
        return id > 0 && id <= (_hasRepeated ? maxId : _lastId);
    }
}
