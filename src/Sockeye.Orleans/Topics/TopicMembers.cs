using System.Diagnostics;

namespace Sockeye.Orleans;

/// <summary>The state of a topic's grain: the nodes that subscribe, and the nodes that keep the list of them.</summary>
internal sealed class TopicMembers(TopicEra era)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, NodeIdentity> _nodes = [];
    private readonly Dictionary<SiloAddress, Publisher> _publishers = [];
    private long _version;

    public TopicEra Era { get; } = era;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _nodes.Count == 0 && _publishers.Count == 0;
        }
    }

    /// <summary>Adds a node, in the slot of an earlier run on the same silo.</summary>
    public void Add(NodeIdentity node)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(node.Silo, out var known) && known.Epoch >= node.Epoch)
                return;
            _nodes[node.Silo] = node;
            _version++;
        }
    }

    public void Remove(NodeIdentity node)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(node.Silo, out var known) && known.Epoch == node.Epoch)
            {
                _nodes.Remove(node.Silo);
                _version++;
            }
        }
    }

    /// <summary>Removes a node that has ended, as subscriber and as publisher. Publishers learn of that end elsewhere.</summary>
    public void RemoveEnded(NodeIdentity node)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(node.Silo, out var known) && known.Epoch <= node.Epoch)
                _nodes.Remove(node.Silo);
            if (_publishers.TryGetValue(node.Silo, out var publisher) && publisher.Ticket.Node.Epoch <= node.Epoch)
                _publishers.Remove(node.Silo);
        }
    }

    /// <summary>Removes the nodes of silos that are gone. Publishers learn of that end elsewhere.</summary>
    public void RemoveSilos(Predicate<SiloAddress> isGone)
    {
        lock (_lock)
        {
            RemoveGone(_nodes, isGone);
            RemoveGone(_publishers, isGone);
        }
    }

    /// <summary>Adds a publisher, which takes the list that is returned.</summary>
    public RouteList AddPublisher(PublisherTicket ticket)
    {
        lock (_lock)
        {
            if (!_publishers.TryGetValue(ticket.Node.Silo, out var known) || known.Ticket.Number < ticket.Number)
                _publishers[ticket.Node.Silo] = new(ticket, _version);
            return GetRoutesLocked();
        }
    }

    public void RemovePublisher(PublisherTicket ticket)
    {
        lock (_lock)
        {
            if (_publishers.TryGetValue(ticket.Node.Silo, out var known) && known.Ticket == ticket)
                _publishers.Remove(ticket.Node.Silo);
        }
    }

    /// <summary>Returns the list, and the publishers that have not confirmed it.</summary>
    public (RouteList Routes, PublisherTicket[] Outdated) GetChanges()
    {
        lock (_lock)
        {
            return (GetRoutesLocked(),
                [.. _publishers.Values.Where(each => each.ConfirmedVersion < _version).Select(each => each.Ticket)]);
        }
    }

    public void Confirm(PublisherTicket ticket, long version)
    {
        lock (_lock)
        {
            if (_publishers.TryGetValue(ticket.Node.Silo, out var known) && known.Ticket == ticket)
                known.ConfirmedVersion = Math.Max(known.ConfirmedVersion, version);
        }
    }

    /// <summary>Whether what a node knows of the topic is what the grain knows.</summary>
    public bool Matches(KnownTopic topic)
    {
        lock (_lock)
            return topic.EraNumber == Era.Number && (topic.Version is null || topic.Version == _version);
    }

    /// <summary>Returns all nodes that subscribe or publish.</summary>
    public NodeIdentity[] GetAll()
    {
        lock (_lock)
            return [.. _nodes.Values.Concat(_publishers.Values.Select(each => each.Ticket.Node)).Distinct()];
    }

    private static void RemoveGone<T>(Dictionary<SiloAddress, T> entries, Predicate<SiloAddress> isGone)
    {
        foreach (var silo in entries.Keys.Where(silo => isGone(silo)).ToArray())
            entries.Remove(silo);
    }

    private RouteList GetRoutesLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The list is of one moment.");
        return new(Era, _version, [.. _nodes.Values]);
    }

    private sealed class Publisher(PublisherTicket ticket, long confirmedVersion)
    {
        public PublisherTicket Ticket { get; } = ticket;

        public long ConfirmedVersion { get; set; } = confirmedVersion;
    }
}
