namespace Sockeye;

/// <summary>Keeps the objects of ended requests for the next ones. Safe from any thread.</summary>
internal sealed class PendingResponsePool<TRequest, TResponse>(RequestConnection<TRequest, TResponse> owner, int maxCount)
{
    private readonly Lock _lock = new();
    private readonly PendingRequestList<TRequest, TResponse> _free = new();

    public PendingResponse<TRequest, TResponse> Rent()
    {
        lock (_lock)
        {
            if (_free.First is PendingResponse<TRequest, TResponse> request)
            {
                _free.Remove(request);
                return request;
            }
        }

        return new(owner);
    }

    public void Return(PendingResponse<TRequest, TResponse> request)
    {
        lock (_lock)
        {
            if (_free.Count < maxCount)
                _free.Add(request);
        }
    }
}
