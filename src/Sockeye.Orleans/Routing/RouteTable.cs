using System.Collections.Concurrent;
using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>The routes of the topics to which this node publishes.</summary>
internal sealed class RouteTable(EngineLink link, PeerTable peers, SemaphoreSlim calls)
{
    private readonly ConcurrentDictionary<string, TopicRoutes> _topics = new(StringComparer.Ordinal);
    private readonly WaitingBudget _budget = new(link.Context.MaxQueuedBytes);
    private readonly Lock _lock = new();
    private long _tickets;
    private bool _isClosed;

    public IEnumerable<TopicRoutes> All => _topics.Values;

    public bool TryPublish(string topic, ReadOnlySpan<byte> frame)
    {
        if (_topics.TryGetValue(topic, out var routes))
            return routes.TryPublish(frame);
        lock (_lock)
        {
            if (_isClosed)
                return false;
            if (!_topics.TryGetValue(topic, out routes))
            {
                routes = new(link, topic, new(link.Self, ++_tickets), _budget);
                _topics[topic] = routes;
                _ = Task.Run(() => AskAsync(routes));
            }

            return routes.TryPublish(frame);
        }
    }

    public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) =>
        _topics.TryGetValue(topic, out var routes) ? routes.WaitForSpaceAsync(cancellationToken) : default;

    /// <summary>Takes a list that a grain has sent.</summary>
    /// <returns>False if this node does not keep the list.</returns>
    public async Task<bool> UpdateAsync(PublisherTicket ticket, string topic, RouteList list)
    {
        if (!_topics.TryGetValue(topic, out var routes) || routes.Ticket != ticket)
            return false;
        if (!routes.TryUpdate(list, await FindPeersAsync(list)))
            await AskAsync(routes);
        return true;
    }

    /// <summary>Asks the grains of the topics whose activation is lost.</summary>
    public void Renew(Predicate<TopicEra> isLost)
    {
        foreach (var routes in _topics.Values)
        {
            if (routes.List is { } list && isLost(list.Era))
                _ = AskAsync(routes);
        }
    }

    /// <summary>Asks the grain of one topic, if the list is of a given activation.</summary>
    public void Renew(string topic, TopicEra lost)
    {
        if (_topics.TryGetValue(topic, out var routes) && routes.List is { } list && list.Era == lost)
            _ = AskAsync(routes);
    }

    public void Remove(Peer peer)
    {
        foreach (var routes in _topics.Values)
            routes.Remove(peer);
    }

    /// <summary>Forgets the topics to which no frame was published since the last refresh.</summary>
    public void Refresh()
    {
        foreach (var routes in _topics.Values)
        {
            var (isUsed, isSettled) = routes.Refresh();
            if (isSettled)
                _ = AskAsync(routes);
            if (isUsed)
                continue;
            lock (_lock)
                _topics.TryRemove(routes.Topic, out _);
            _ = WithdrawAsync(routes);
        }
    }

    public ClusterEngineQueues GetQueues()
    {
        var (frames, bytes) = (0L, 0L);
        foreach (var routes in _topics.Values)
        {
            var queue = routes.Queues;
            frames += queue.Frames;
            bytes += queue.Bytes;
        }

        return new(frames, bytes, _budget.DroppedFrames);
    }

    public void Close()
    {
        lock (_lock)
            _isClosed = true;
        foreach (var routes in _topics.Values)
            routes.Close();
    }

    private bool IsKept(TopicRoutes routes) => _topics.TryGetValue(routes.Topic, out var kept) && kept == routes;

    /// <summary>Asks until the grain answers, the topic is forgotten or the engine stops.</summary>
    private async Task AskAsync(TopicRoutes routes)
    {
        for (var failures = 0; IsKept(routes) && !link.Stopping.IsCancellationRequested;)
        {
            try
            {
                await AskOnceAsync(routes);
                break;
            }
            catch (Exception exception) when (!link.Stopping.IsCancellationRequested)
            {
                link.LogTopicFailure(routes.Topic, exception);
                await link.DelayAsync(++failures, link.Stopping).WithoutThrowing();
            }
            catch (Exception)
            {
                // The engine stops.
            }
        }

        if (!IsKept(routes))
            await WithdrawAsync(routes);
    }

    private async Task AskOnceAsync(TopicRoutes routes)
    {
        await calls.WaitAsync(link.Stopping);
        try
        {
            var request = routes.BeginRequest();
            var list = await link.Topic(routes.Topic).GetRoutesAsync(routes.Ticket).WaitAsync(link.Stopping);
            routes.Answer(request, list, await FindPeersAsync(list));
        }
        finally
        {
            calls.Release();
        }
    }

    private async Task WithdrawAsync(TopicRoutes routes)
    {
        // A grain that does not receive this learns it when it sends its next list.
        if (!link.Stopping.IsCancellationRequested)
            await link.Topic(routes.Topic).WithdrawAsync(routes.Ticket).WithoutThrowing();
    }

    private async Task<Peer[]> FindPeersAsync(RouteList list)
    {
        var found = new List<Peer>(list.Nodes.Length);
        foreach (var node in list.Nodes)
        {
            if (await peers.GetOrAddAsync(node) is { } peer)
                found.Add(peer);
        }

        return [.. found];
    }
}
