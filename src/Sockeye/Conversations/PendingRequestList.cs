using System.Diagnostics;

namespace Sockeye;

/// <summary>A list of requests in order, linked through the requests, so that adding and removing allocates nothing.</summary>
internal sealed class PendingRequestList<TRequest, TResponse>
{
    private PendingRequest<TRequest, TResponse>? _last;

    public PendingRequest<TRequest, TResponse>? First { get; private set; }

    public int Count { get; private set; }

    public void Add(PendingRequest<TRequest, TResponse> request)
    {
        Debug.Assert(request.Previous is null && request.Next is null && First != request, "A request is in one list at a time.");
        request.Previous = _last;
        if (_last is null)
            First = request;
        else
            _last.Next = request;
        _last = request;
        Count++;
    }

    public void Remove(PendingRequest<TRequest, TResponse> request)
    {
        Debug.Assert(request.Previous is not null || First == request, "The request is in this list.");
        if (request.Previous is null)
            First = request.Next;
        else
            request.Previous.Next = request.Next;
        if (request.Next is null)
            _last = request.Previous;
        else
            request.Next.Previous = request.Previous;
        (request.Previous, request.Next) = (null, null);
        Count--;
    }
}
