using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Clustering;

/// <summary>A group on this node: its members here, what it sends to other nodes, and what it receives of them.</summary>
/// <remarks>One lock orders all messages of the group on this node. Functions of users run outside it, except those that make a
/// message.</remarks>
internal sealed class GroupTopic<TMessage> : IGroupTopic, IGroupObserver
{
    private readonly Lock _lock = new();
    private readonly AsyncLock _broadcastLock = new();
    private readonly ClusterLink _link;
    private readonly NodeTable _nodes;
    private readonly Codec<TMessage> _codec;
    private readonly MessageGroup<TMessage> _members;
    private readonly GroupInterest _interest;
    private readonly GroupSender _sender;
    private readonly GroupReceiver _receiver;
    private readonly GroupCatchUps _catchUps;
    private readonly GroupReports<TMessage> _reports;
    private readonly RemoteDelivery<TMessage> _delivery;
    private readonly GroupMembers _presence;
    private bool _isRetired;

    public GroupTopic(
        ClusterLink link,
        NodeTable nodes,
        string name,
        Codec<TMessage> codec,
        ClusterGroupOptions options,
        uint series,
        GroupMembers presence,
        Action<GroupGap> onGap)
    {
        (_link, _nodes, Name, _codec, Options, _presence) = (link, nodes, name, codec, options, presence);
        _members = new(new() { MaxQueuedMessages = options.MaxQueuedMessages, SlowMember = options.SlowMember })
        {
            Observer = this,
        };
        _interest = new(link, nodes, name);
        _sender = new(link, name, series, options.MaxReplayMessages);
        _catchUps = new(nodes, options.MaxReplayMessages);
        _reports = new(_members, onGap);
        _delivery = new(link, nodes, name, codec, options, _members, _reports, _broadcastLock);
        _receiver = new(link, nodes, _interest, name, options.MaxReplayMessages, _delivery.Deliver, _reports.Add);
    }

    public string Name { get; }

    public Type MessageType => typeof(TMessage);

    public ClusterGroupOptions Options { get; }

    public MessageGroup<TMessage> Members => _members;

    public bool IsRetired
    {
        get
        {
            lock (_lock)
                return _isRetired;
        }
    }

    /// <summary>The last message of each sender that the members have received.</summary>
    public GroupPosition Position
    {
        get
        {
            lock (_lock)
                return GetPositionLocked();
        }
    }

    /// <summary>Adds a member.</summary>
    /// <returns>False if the group has retired: the caller takes its successor.</returns>
    public bool TryJoin(MessageWriter<TMessage> writer)
    {
        lock (_lock)
        {
            if (_isRetired)
                return false;
            _members.Join(writer, first: [], codec: null);
            return true;
        }
    }

    /// <summary>Sends a message to all members on all nodes.</summary>
    /// <returns>The stamp of the message; null if the group has retired.</returns>
    public GroupStamp? TryBroadcast<TState>(
        TState state, Func<TState, GroupStamp, TMessage> create, MessageWriter<TMessage>? except)
    {
        _members.ThrowIfWaiting();
        GroupStamp stamp;
        lock (_lock)
        {
            if (_isRetired)
                return null;
            stamp = BroadcastLocked(state, create, except, out var full);
            if (full is not null)
                _reports.Add(full);
        }

        _reports.Send();
        return stamp;
    }

    /// <summary>Sends a message to all members on all nodes, after waiting for room.</summary>
    /// <returns>The stamp of the message; null if the group has retired.</returns>
    public async ValueTask<GroupStamp?> TryBroadcastAsync<TState>(
        TState state, Func<TState, GroupStamp, TMessage> create, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waitsForNodes = _link.Options.SlowNode is SlowNodePolicy.Wait;
        if (!waitsForNodes && Options.SlowMember is not SlowMemberPolicy.Wait)
            return TryBroadcast(state, create, except: null);
        await _broadcastLock.AcquireAsync(cancellationToken);
        try
        {
            if (waitsForNodes)
                await _link.Engine.WaitForSpaceAsync(Name, cancellationToken);
            GroupStamp stamp;
            List<(GroupMember<TMessage>, PooledBuffer)>? full;
            lock (_lock)
            {
                if (_isRetired)
                    return null;
                stamp = BroadcastLocked(state, create, except: null, out full);
            }

            if (full is not null)
                await FinishAsync(full, cancellationToken);
            return stamp;
        }
        finally
        {
            _broadcastLock.Release();
        }
    }

    /// <summary>Adds a member, which first receives the messages after a position.</summary>
    /// <returns>The messages that it has received; null if the group has retired.</returns>
    public async ValueTask<GroupJoinResult?> TryJoinAsync(
        MessageWriter<TMessage> writer, GroupPosition since, CancellationToken cancellationToken)
    {
        GroupCatchUp catchUp;
        lock (_lock)
        {
            if (_isRetired)
                return null;
            _interest.Acquire();
            catchUp = _catchUps.Begin();
        }

        try
        {
            var begun = _link.Time.GetTimestamp();
            await _interest.WaitAsync(GetRest(begun), cancellationToken);
            lock (_lock)
                catchUp.Ask(_link, _nodes, Name, since, _receiver);
            await catchUp.WaitAsync(GetRest(begun), _link.Time, cancellationToken);
            GroupJoinResult result;
            lock (_lock)
            {
                var replay = new GroupReplay(
                    Name, since, catchUp, _sender.Stream, _receiver, _nodes, _link.Time.GetTimestamp());
                result = new(GetPositionLocked(), replay.Frames.Count, replay.Missing);
                _delivery.Join(writer, since, replay.Frames, result.Position);
            }

            _reports.Send();
            return result;
        }
        finally
        {
            lock (_lock)
            {
                _catchUps.End(catchUp);
                _interest.Release();
            }
        }
    }

    public void OnMessage(ulong sender, ref FrameReader frame, bool isRepaired)
    {
        var (series, number) = ReadNumber(ref frame);
        var trace = TraceField.Read(ref frame);
        if (!_interest.IsWanted)
            return;
        ClusterMetrics.OnReceived();
        var payload = PooledBuffer.CopyOf(frame.Rest);
        using (ClusterMetrics.StartDelivery(trace, "sockeye.group", Name))
        {
            lock (_lock)
            {
                if (isRepaired)
                    _receiver.OnRepaired(sender, series, number, payload);
                else
                    _receiver.OnMessage(sender, series, number, payload);
            }

            payload.Release();
            _reports.Send();
        }
    }

    public void OnRepairRequest(ClusterNode node, ref FrameReader frame)
    {
        var (series, first) = ReadNumber(ref frame);
        var last = frame.ReadCount();
        lock (_lock)
            _sender.Repair(node, series, first, last);
    }

    public void OnRefused(ulong sender, ref FrameReader frame)
    {
        var (series, upTo) = ReadNumber(ref frame);
        lock (_lock)
            _receiver.OnRefused(sender, series, upTo);
        _reports.Send();
    }

    public void OnHead(ulong sender, GroupHead head, bool isAnswer)
    {
        if (!_interest.IsWanted)
            return;
        lock (_lock)
            _receiver.OnHead(sender, head, isAnswer);
        _reports.Send();
    }

    public void OnCatchUpRequest(ClusterNode node, ref FrameReader frame)
    {
        lock (_lock)
            CatchUpFrames.Answer(_link, node, Name, ref frame, _sender, _receiver);
    }

    public void OnCatchUpMessage(ulong sender, ref FrameReader frame)
    {
        lock (_lock)
            _catchUps.OnMessage(ref frame);
    }

    public void OnCatchUpEnd(ulong sender, ref FrameReader frame)
    {
        lock (_lock)
            _catchUps.OnEnd(sender, ref frame);
    }

    public void OnNodeForgotten(ulong incarnation)
    {
        lock (_lock)
            _receiver.Remove(incarnation);
    }

    public bool TryAnnounce(ulong beat, out GroupHead head)
    {
        lock (_lock)
            return _sender.TryAnnounce(beat, out head);
    }

    public GroupHead GetHead(ulong beat)
    {
        lock (_lock)
            return _sender.GetHead(beat);
    }

    public bool AsksForHead(ulong incarnation, out ulong beat)
    {
        lock (_lock)
        {
            var start = _interest.IsWanted ? _receiver.GetStartBeat(incarnation) : null;
            beat = start ?? 0;
            return start is not null || _receiver.Find(incarnation) is not null;
        }
    }

    public void Check()
    {
        lock (_lock)
        {
            if (_interest.Check())
                _receiver.Clear();
            _receiver.Check();
            if (_delivery.NeedsCheck)
                _delivery.Check(GetPositionLocked(), _receiver);
        }

        _reports.Send();
    }

    public bool TryRetire()
    {
        lock (_lock)
        {
            if (_isRetired)
                return true;
            // Its numbers are kept for as long as a lost node can return and compare them.
            if (_interest.IsWanted || !_catchUps.IsEmpty || _sender.IsAnnouncing
                || _link.Since(_sender.LastUsed) < NodeTable.Retention)
            {
                return false;
            }

            _sender.Stream.Release();
            _isRetired = true;
            return true;
        }
    }

    void IGroupObserver.OnJoined(ConnectionContext connection)
    {
        _interest.Acquire();
        _presence.Add(connection);
    }

    void IGroupObserver.OnLeft(ConnectionContext connection)
    {
        _interest.Release();
        _presence.Remove(connection);
    }

    private static (uint Series, ulong Number) ReadNumber(ref FrameReader frame)
    {
        var (series, number) = (frame.ReadSeries(), frame.ReadCount());
        return number > 0 ? (series, number) : throw new InvalidDataException("a message has the number 0; they begin with 1");
    }

    /// <summary>The time that is left for a connection that joins with a position.</summary>
    private TimeSpan GetRest(long begun)
    {
        var rest = _link.Options.NodeTimeout - _link.Since(begun);
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    private GroupPosition GetPositionLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "A position is read between two messages.");
        return GroupPosition.Of(_receiver.Streams.Append(_sender.Stream)
            .Where(stream => stream.Last > 0).Select(stream => stream.Stamp(stream.Last)));
    }

    private GroupStamp BroadcastLocked<TState>(
        TState state,
        Func<TState, GroupStamp, TMessage> create,
        MessageWriter<TMessage>? except,
        out List<(GroupMember<TMessage> Member, PooledBuffer Frame)>? full)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Messages are numbered under the lock.");
        var stamp = _sender.NextStamp;
        var message = create(state, stamp);
        NullMessage.ThrowIfNull(message);
        var payload = PooledBuffer.Rent();
        try
        {
            // If an encoder throws, the message has no number, and no member on any node receives it.
            _codec.Encode(message, payload);
            var content = new BroadcastContent<TMessage>(message, _codec, payload);
            full = _members.Enqueue(ref content, except);
            ClusterMetrics.OnPublished(_sender.Publish(payload));
        }
        finally
        {
            payload.Release();
        }

        return stamp;
    }

    private async ValueTask FinishAsync(
        List<(GroupMember<TMessage> Member, PooledBuffer Frame)> full, CancellationToken cancellationToken)
    {
        if (Options.SlowMember is SlowMemberPolicy.Wait)
            await _members.EnqueueWhenFreeAsync(full, cancellationToken);
        else
            _members.Disconnect(full);
    }
}
