namespace Sockeye.Clustering;

/// <summary>The messages that a connection has missed since a position, and those that no node keeps. Used under the lock of the
/// group.</summary>
internal sealed class GroupReplay
{
    private readonly string _topic;
    private readonly NodeTable _nodes;
    private readonly List<PooledBuffer> _frames = [];
    private readonly List<GroupGap> _missing = [];

    public GroupReplay(
        string topic,
        GroupPosition since,
        GroupCatchUp catchUp,
        SenderStream own,
        GroupReceiver receiver,
        NodeTable nodes,
        long now)
    {
        (_topic, _nodes) = (topic, nodes);
        foreach (var (sender, head) in catchUp.Heads)
            TakeUp(sender, head, catchUp, own, receiver, now);
        foreach (var node in catchUp.Answered.Where(node => receiver.Find(node) is null))
            receiver.AddSilent(node);
        foreach (var stream in receiver.Streams.Append(own))
            Add(since, stream, catchUp);
        foreach (var stamp in since.Stamps)
        {
            if (stamp.Incarnation != own.Incarnation && receiver.Find(stamp.Incarnation) is null or { Series: 0 })
                AddUnknown(stamp, "no node keeps messages of their sender");
        }

        foreach (var node in catchUp.Unanswered)
            AddUnknown(new(node, 0, 0), "the node has not answered");
    }

    /// <summary>The messages. They belong to the group and to the catch-up.</summary>
    public IReadOnlyList<PooledBuffer> Frames => _frames;

    public IReadOnlyList<GroupGap> Missing => _missing;

    /// <summary>Brings the group on this node to what another node has sent or keeps, so that no message is delivered twice.
    /// </summary>
    private static void TakeUp(
        ulong sender, GroupHead head, GroupCatchUp catchUp, SenderStream own, GroupReceiver receiver, long now)
    {
        if (sender == own.Incarnation)
            return;
        var stream = receiver.Find(sender);
        var hasStart = receiver.GetStartBeat(sender) is null || catchUp.HasStart(sender);
        if (!hasStart && (stream is not null || !catchUp.Answered.Contains(sender)))
        {
            // Members were here before, and only the sender knows what was for them: like messages that arrive now.
            foreach (var (number, payload) in catchUp.MessagesOf(sender, head.Series))
                receiver.OnMessage(sender, head.Series, number, payload);
            receiver.OnHead(sender, head, isAnswer: false);
            return;
        }

        // Without members that were here before, the messages so far are for the new one only.
        stream ??= receiver.Add(sender, head.Series, receiver.GetStartBeat(sender) is null ? head.Last : head.Before);
        if (head.Series > stream.Series)
            receiver.Restart(stream, head.Series);
        if (head.Series != stream.Series)
            return;
        if (stream.StartBeat is not null)
            stream.Start(head.Before);
        foreach (var (number, payload) in catchUp.MessagesOf(sender, head.Series))
        {
            if (number == stream.Last + 1)
                receiver.Deliver(stream, number, payload);
        }

        receiver.Continue(stream);
        stream.Suspect(head.Last, now);
    }

    private void Add(GroupPosition since, SenderStream stream, GroupCatchUp catchUp)
    {
        if (stream.StartBeat is not null)
        {
            AddUnknown(new(stream.Incarnation, 0, 0), "their sender has not said yet which it has sent");
            return;
        }

        if (since.TryGet(stream.Incarnation, out var seen) && seen.Series < stream.Series)
            AddUnknown(seen, "their sender has begun another series since");
        var first = since.FirstUnseen(stream.Incarnation, stream.Series);
        var kept = new SortedDictionary<ulong, PooledBuffer>();
        foreach (var (number, payload) in catchUp.MessagesOf(stream.Incarnation, stream.Series))
            kept[number] = payload;
        foreach (var (number, payload) in stream.Ring.From(first))
            kept[number] = payload;
        foreach (var (number, payload) in kept)
        {
            if (number < first || number > stream.Last)
                continue;
            AddMissing(stream, first, number);
            _frames.Add(payload);
            first = number + 1;
        }

        AddMissing(stream, first, stream.Last + 1);
    }

    private void AddMissing(SenderStream stream, ulong first, ulong end)
    {
        if (first < end)
        {
            _missing.Add(new(
                _topic, _nodes.NameOf(stream.Incarnation), stream.Stamp(first), (long)(end - first),
                "no node keeps them (MaxReplayMessages)"));
        }
    }

    private void AddUnknown(GroupStamp stamp, string reason) =>
        _missing.Add(new(_topic, _nodes.NameOf(stamp.Incarnation), stamp, Count: 0, reason));
}
