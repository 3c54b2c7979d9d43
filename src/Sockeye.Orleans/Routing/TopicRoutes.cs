using System.Diagnostics;
using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>The nodes to which this node sends the frames of one topic.</summary>
/// <remarks>Until the first list is there, frames wait in a queue. The list stays in use until another one replaces it: a grain
/// that is lost with its silo takes no route with it.</remarks>
internal sealed class TopicRoutes
{
    /// <summary>After the activation of the grain has changed, the routes of the earlier one stay for this number of
    /// refreshes, so that all nodes have subscribed again.</summary>
    private const int RefreshesUntilSettled = 2;

    private readonly EngineLink _link;
    private readonly WaitingBudget _budget;
    private readonly Lock _lock = new();
    private readonly FrameOutbox<ValueTuple> _waiting;
    private readonly uint _hash;
    private Peer[] _peers = [];
    private RouteList? _list;
    private long _lastRequest;
    private long _lastAnswer;
    private int _refreshesUntilSettled;
    private bool _isUsed = true;

    /// <param name="link">The engine.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="ticket">The name under which the grain sends changes.</param>
    /// <param name="budget">The limit of the frames that wait, which all topics share.</param>
    public TopicRoutes(EngineLink link, string topic, PublisherTicket ticket, WaitingBudget budget)
    {
        _link = link;
        _budget = budget;
        Topic = topic;
        _hash = TopicHash.ComputeShort(topic);
        Ticket = ticket;
        _waiting = new(link.Context.MaxQueuedBytes, SlowNodePolicy.Drop);
    }

    public string Topic { get; }

    public PublisherTicket Ticket { get; }

    /// <summary>Gets the list of the grain, or null before the first.</summary>
    public RouteList? List => Volatile.Read(ref _list);

    public ClusterEngineQueues Queues => _waiting.State;

    public bool TryPublish(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            _isUsed = true;
            if (_list is not null)
                return SendLocked(frame);
            if (!_budget.TryTake(frame.Length))
                return false;
            if (_waiting.TryEnqueue(default, frame))
                return true;
            _budget.Return(frame.Length);
            return false;
        }
    }

    /// <summary>Completes when each queue that a frame passes has room.</summary>
    public async ValueTask WaitForSpaceAsync(CancellationToken cancellationToken)
    {
        await _waiting.WaitForSpaceAsync(cancellationToken);
        foreach (var peer in Volatile.Read(ref _peers))
            await peer.WaitForSpaceAsync(cancellationToken);
    }

    /// <summary>Returns the number of a new request to the grain. Only the answer to the latest one counts.</summary>
    public long BeginRequest()
    {
        lock (_lock)
            return ++_lastRequest;
    }

    /// <summary>Takes the answer of the grain to a request.</summary>
    public void Answer(long request, RouteList list, Peer[] peers)
    {
        var added = 0;
        lock (_lock)
        {
            if (request <= _lastAnswer)
                return;
            _lastAnswer = request;
            if (_list is { } present && present.Era != list.Era)
            {
                added = peers.Except(_peers).Count(peer => !peer.IsClosed);
                _refreshesUntilSettled = RefreshesUntilSettled;
            }
            else if (_list is { } same && list.Version < same.Version)
            {
                return;
            }

            ApplyLocked(list, peers);
        }

        if (added > 0)
        {
            EngineLog.RoutesRebuilt(_link.Log, Topic, added);
            _link.Events.OnLoss($"the routes of a topic were lost with a silo and rebuilt; {added} nodes are new");
        }
    }

    /// <summary>Takes a list that the grain has sent on its own.</summary>
    /// <returns>False if it is of another activation than the present one, and may be older: the node has to ask.</returns>
    public bool TryUpdate(RouteList list, Peer[] peers)
    {
        lock (_lock)
        {
            if (_list is null || _list.Era != list.Era)
                return false;
            if (list.Version > _list.Version)
                ApplyLocked(list, peers);
            return true;
        }
    }

    public void Remove(Peer peer)
    {
        lock (_lock)
        {
            if (_peers.Contains(peer))
                Volatile.Write(ref _peers, [.. _peers.Where(other => other != peer)]);
        }
    }

    /// <summary>Counts a refresh.</summary>
    /// <returns>Whether a frame was published since the last one, and whether the node has to ask for a list that replaces the
    /// routes of an earlier activation.</returns>
    public (bool IsUsed, bool IsSettled) Refresh()
    {
        lock (_lock)
        {
            var isUsed = _isUsed || _list is null;
            _isUsed = false;
            return (isUsed, _refreshesUntilSettled > 0 && --_refreshesUntilSettled == 0);
        }
    }

    /// <summary>Drops the frames that wait, and ends all waits.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _waiting.Complete();
            while (_waiting.TryDequeue(out var frame))
            {
                using (frame)
                    _budget.Return(frame.Bytes.Length);
            }
        }
    }

    private void ApplyLocked(RouteList list, Peer[] peers)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "A list replaces another under the lock.");
        // A grain begins without state, and its nodes come back one by one: those of the earlier activation stay until then.
        var all = _refreshesUntilSettled > 0 ? peers.Union(_peers) : peers;
        Volatile.Write(ref _list, list);
        // A peer that closes after this check is removed after this lock.
        Volatile.Write(ref _peers, [.. all.Where(peer => !peer.IsClosed)]);
        while (_waiting.TryDequeue(out var frame))
        {
            using (frame)
            {
                _budget.Return(frame.Bytes.Length);
                SendLocked(frame.Bytes.Span);
            }
        }
    }

    private bool SendLocked(ReadOnlySpan<byte> frame)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The frames of a topic have one order for all nodes.");
        var isWhole = true;
        foreach (var peer in _peers)
            isWhole &= peer.TryEnqueue(_hash, frame);
        return isWhole;
    }
}
