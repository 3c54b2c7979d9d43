using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>Requests to other nodes that wait for their answers. Safe to call from any thread.</summary>
/// <remarks>Each request ends in one way: with its answer, when its node is gone, or after the timeout.</remarks>
internal sealed class PendingRequests<TAnswer>(ClusterLink link, TAnswer nodeGone, TAnswer noAnswer)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Request> _requests = [];
    private ulong _lastId;
    private bool _isEnded;

    /// <summary>Begins a request. Its id is for the frame.</summary>
    public (ulong Id, Task<TAnswer> Answer) Begin(ClusterNode node)
    {
        var request = new Request(node.Incarnation, link.Time.GetTimestamp());
        lock (_lock)
        {
            _lastId++;
            if (_isEnded)
                return (_lastId, Task.FromResult(nodeGone)); // Nothing would end it.
            _requests.Add(_lastId, request);
            return (_lastId, request.Answer.Task);
        }
    }

    public void OnAnswer(ulong sender, ulong id, TAnswer answer)
    {
        Request? request;
        lock (_lock)
        {
            if (!_requests.TryGetValue(id, out request) || request.Node != sender)
                return; // It was given up.
            _requests.Remove(id);
        }

        request.Answer.TrySetResult(answer);
    }

    /// <summary>Ends a request that was not sent, or whose caller no longer waits.</summary>
    public void Cancel(ulong id)
    {
        lock (_lock)
            _requests.Remove(id);
    }

    public void OnNodeGone(ulong node) => End(request => request.Node == node, nodeGone);

    /// <summary>Ends requests that were not answered in time.</summary>
    public void Check() => End(request => link.Since(request.At) > link.Options.SendTimeout, noAnswer);

    /// <summary>Ends all requests, and each later one at once: this node has left the fleet.</summary>
    public void EndAll()
    {
        lock (_lock)
            _isEnded = true;
        End(static _ => true, nodeGone);
    }

    private void End(Func<Request, bool> ends, TAnswer answer)
    {
        List<Request> ended = [];
        lock (_lock)
        {
            foreach (var (id, request) in _requests)
            {
                if (!ends(request))
                    continue;
                ended.Add(request);
                _requests.Remove(id);
            }
        }

        Debug.Assert(!_lock.IsHeldByCurrentThread, "Answers are given outside the lock.");
        ended.ForEach(request => request.Answer.TrySetResult(answer));
    }

    private sealed class Request(ulong node, long at)
    {
        public ulong Node => node;

        public long At => at;

        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
