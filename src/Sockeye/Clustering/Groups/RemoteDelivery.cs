namespace Sockeye.Clustering;

/// <summary>Queues the messages of other nodes for the members of a group on this node.</summary>
internal sealed class RemoteDelivery<TMessage>
{
    private readonly ClusterLink _link;
    private readonly NodeTable _nodes;
    private readonly string _topic;
    private readonly Codec<TMessage> _codec;
    private readonly MessageGroup<TMessage> _members;
    private readonly GroupReports<TMessage> _reports;
    private readonly AsyncLock _broadcastLock;
    private readonly MembersAhead<TMessage> _ahead = new();
    private readonly GroupArrivals? _arrivals;
    private readonly int _maxQueued;

    /// <param name="link">The cluster.</param>
    /// <param name="nodes">The other nodes.</param>
    /// <param name="topic">The name of the group.</param>
    /// <param name="codec">The codec of the messages.</param>
    /// <param name="options">The options of the group.</param>
    /// <param name="members">The members.</param>
    /// <param name="reports">Receives gaps, and members that are too slow.</param>
    /// <param name="broadcastLock">Is held by the one message that waits for slow members.</param>
    public RemoteDelivery(
        ClusterLink link,
        NodeTable nodes,
        string topic,
        Codec<TMessage> codec,
        ClusterGroupOptions options,
        MessageGroup<TMessage> members,
        GroupReports<TMessage> reports,
        AsyncLock broadcastLock)
    {
        (_link, _nodes, _topic, _codec, _members) = (link, nodes, topic, codec, members);
        (_reports, _broadcastLock, _maxQueued) = (reports, broadcastLock, options.MaxQueuedMessages);
        if (options.SlowMember is SlowMemberPolicy.Wait)
            _arrivals = new(_maxQueued, DeliverWhenFreeAsync);
    }

    /// <summary>Whether <see cref="Check"/> has work.</summary>
    public bool NeedsCheck => !_ahead.IsEmpty;

    /// <summary>Queues a message. Under the lock of the group, in order.</summary>
    public void Deliver(GroupStamp stamp, PooledBuffer payload)
    {
        if (_arrivals is null)
        {
            if (Enqueue(stamp, payload) is { } full)
                _reports.Add(full);
        }
        else if (!TryDeliverNow(_arrivals, stamp, payload) && !_arrivals.TryAdd(stamp, payload))
        {
            Miss(stamp, $"members are slow, and {_maxQueued} messages wait for them (MaxQueuedMessages)");
        }
    }

    /// <summary>Adds a member that has received messages. Under the lock of the group.</summary>
    /// <param name="writer">The member.</param>
    /// <param name="seen">The messages that it has received on another node.</param>
    /// <param name="first">The messages that it receives now, before later ones.</param>
    /// <param name="position">The position of the group, which includes the first messages.</param>
    public void Join(
        MessageWriter<TMessage> writer, GroupPosition seen, IReadOnlyCollection<PooledBuffer> first, GroupPosition position)
    {
        if (_arrivals?.IsBusy is true || !seen.Stamps.All(position.Includes))
            _ahead.Add(writer, seen.Include(position.Stamps));
        _members.Join(writer, first, _codec);
    }

    /// <summary>The regular work. Under the lock of the group.</summary>
    public void Check(GroupPosition position, GroupReceiver receiver) => _ahead.RemoveWhere((writer, seen) =>
        !_members.Contains(writer)
        || (_arrivals?.IsBusy is not true
            && seen.Stamps.All(stamp => position.Includes(stamp) || IsOver(stamp.Incarnation, receiver))));

    /// <summary>Whether nothing of a sender will be delivered: it is gone, and no message of it is held.</summary>
    private bool IsOver(ulong sender, GroupReceiver receiver) =>
        !_nodes.Accepts(sender) && receiver.Find(sender) is (null or { HasHeld: false, StartBeat: null });

    private List<(GroupMember<TMessage>, PooledBuffer)>? Enqueue(GroupStamp stamp, PooledBuffer payload)
    {
        try
        {
            var content = new BroadcastContent<TMessage>(_codec, payload);
            return _members.Enqueue(ref content, except: null, _ahead.Of(stamp));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A codec is code of the user, and the bytes come from another version of it, perhaps.
            Miss(stamp, $"a codec threw {error.GetType().Name}: {error.Message}");
            return null;
        }
    }

    /// <summary>Queues a message for the members, if no other one waits for some of them. If some are full, it waits for them,
    /// and later messages wait behind it.</summary>
    private bool TryDeliverNow(GroupArrivals arrivals, GroupStamp stamp, PooledBuffer payload)
    {
        if (arrivals.IsBusy || !_broadcastLock.TryAcquire())
            return false;
        if (Enqueue(stamp, payload) is { } full)
            arrivals.Begin(() => FinishAsync(full));
        else
            _broadcastLock.Release();
        return true;
    }

    private async Task FinishAsync(List<(GroupMember<TMessage>, PooledBuffer)> full)
    {
        try
        {
            await _members.EnqueueWhenFreeAsync(full, _link.Stopping);
        }
        finally
        {
            _broadcastLock.Release();
        }
    }

    private async Task DeliverWhenFreeAsync(GroupStamp stamp, PooledBuffer payload)
    {
        await _broadcastLock.AcquireAsync(_link.Stopping);
        try
        {
            if (Enqueue(stamp, payload) is { } full)
                await _members.EnqueueWhenFreeAsync(full, _link.Stopping);
        }
        finally
        {
            _broadcastLock.Release();
        }

        _reports.Send();
    }

    private void Miss(GroupStamp stamp, string reason) =>
        _reports.Add(new GroupGap(_topic, _nodes.NameOf(stamp.Incarnation), stamp, 1, reason));
}
