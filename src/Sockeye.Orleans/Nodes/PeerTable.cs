using System.Collections.Concurrent;
using System.Diagnostics;
using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>The other nodes of the cluster, each from its first call until its end. Reports both.</summary>
internal sealed class PeerTable(EngineLink link, Action<Peer> onGone)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, Slot> _slots = [];
    private readonly ConcurrentDictionary<ClusterNode, Peer> _byNode = new();
    private readonly Queue<(Peer Peer, bool IsUp)> _changes = new();
    private Peer[] _all = [];
    private long _droppedFrames;
    private bool _isReporting;
    private bool _isClosed;

    /// <summary>Gets the nodes that exist.</summary>
    public Peer[] All => Volatile.Read(ref _all);

    public Peer? Find(ClusterNode node) => _byNode.GetValueOrDefault(node);

    /// <summary>Returns the peer of a node that has called or was named. Returns null for this node, and for one that is
    /// gone.</summary>
    public async ValueTask<Peer?> GetOrAddAsync(NodeIdentity node)
    {
        if (TryGet(node, out var peer))
            return peer;
        // A silo that this one has not heard of yet is in the table.
        if (link.GetStatus(node.Silo) is SiloStatus.None)
            await link.Membership.Refresh(default, link.Stopping);
        peer = Add(node);
        Report();
        return peer;
    }

    /// <summary>Removes the nodes of silos that are dead.</summary>
    public void RemoveDead()
    {
        lock (_lock)
        {
            foreach (var silo in _slots.Keys.ToArray())
            {
                if (link.GetStatus(silo).CanCall)
                    continue;
                RemoveLocked(_slots[silo]);
                // Its address is not used again, and its late calls find the status of the silo.
                _slots.Remove(silo);
            }
        }

        Report();
    }

    /// <summary>Removes one node that has ended while its silo exists.</summary>
    public void Remove(NodeIdentity node)
    {
        lock (_lock)
        {
            if (_slots.TryGetValue(node.Silo, out var slot) && slot.Epoch == node.Epoch)
                RemoveLocked(slot);
        }

        Report();
    }

    /// <summary>Ends all peers. Reports nothing.</summary>
    public Peer[] Close()
    {
        Peer[] all;
        lock (_lock)
        {
            _isClosed = true;
            _changes.Clear();
            (all, _all) = (_all, []);
        }

        return all;
    }

    public ClusterEngineQueues GetQueues()
    {
        var (frames, bytes) = (0L, 0L);
        lock (_lock)
        {
            var dropped = _droppedFrames;
            foreach (var peer in _all)
            {
                var queue = peer.Queues;
                frames += queue.Frames;
                bytes += queue.Bytes;
                dropped += queue.DroppedFrames;
            }

            return new(frames, bytes, dropped);
        }
    }

    private bool TryGet(NodeIdentity node, out Peer? peer)
    {
        peer = null;
        if (node.Silo.Equals(link.Self.Silo))
            return true;
        lock (_lock)
        {
            if (_isClosed)
                return true;
            if (!_slots.TryGetValue(node.Silo, out var slot) || slot.Epoch < node.Epoch)
                return false;
            peer = slot.Epoch == node.Epoch ? slot.Peer : null;
            return true;
        }
    }

    private Peer? Add(NodeIdentity node)
    {
        lock (_lock)
        {
            // Asked under the lock: the removal of a dead silo comes after its status, so it finds the peer.
            if (_isClosed || !link.GetStatus(node.Silo).CanCall)
                return null;
            if (_slots.TryGetValue(node.Silo, out var slot))
            {
                if (slot.Epoch >= node.Epoch)
                    return slot.Epoch == node.Epoch ? slot.Peer : null;
                RemoveLocked(slot);
            }

            var peer = new Peer(link, node, left => Remove(left.Identity));
            _slots[node.Silo] = new(node.Epoch, peer);
            _byNode[peer.Node] = peer;
            _all = [.. _all, peer];
            _changes.Enqueue((peer, true));
            return peer;
        }
    }

    private void RemoveLocked(Slot slot)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Peers are removed under the lock.");
        if (slot.Peer is not { } peer)
            return;
        slot.Peer = null;
        _byNode.TryRemove(new KeyValuePair<ClusterNode, Peer>(peer.Node, peer));
        _all = [.. _all.Where(other => other != peer)];
        _changes.Enqueue((peer, false));
    }

    /// <summary>Reports changes in their order, one thread at a time, outside the lock.</summary>
    private void Report()
    {
        while (true)
        {
            (Peer Peer, bool IsUp) change;
            lock (_lock)
            {
                if (_isReporting || !_changes.TryDequeue(out change))
                    return;
                _isReporting = true;
            }

            try
            {
                ReportOne(change.Peer, change.IsUp);
            }
            finally
            {
                lock (_lock)
                    _isReporting = false;
            }
        }
    }

    private void ReportOne(Peer peer, bool isUp)
    {
        if (isUp)
        {
            EngineLog.NodeUp(link.Log, peer.Node.ToString(), peer.Identity.Silo.ToString());
            link.Events.OnNodeUp(peer.Node);
            return;
        }

        peer.Dispose();
        lock (_lock)
            _droppedFrames += peer.Queues.DroppedFrames;

        onGone(peer);
        EngineLog.NodeDown(link.Log, peer.Node.ToString(), peer.Identity.Silo.ToString());
        link.Events.OnNodeDown(peer.Node);
    }

    /// <summary>The newest run on one silo.</summary>
    private sealed class Slot(int epoch, Peer peer)
    {
        public int Epoch { get; } = epoch;

        /// <summary>Gets or sets the peer, or null after its end.</summary>
        public Peer? Peer { get; set; } = peer;
    }
}
