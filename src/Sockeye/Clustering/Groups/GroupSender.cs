using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The messages that this node sends to a group: their numbers, the last of them for other nodes that missed some, and
/// the announcements of the head. The lock of the group guards it.</summary>
internal sealed class GroupSender
{
    private readonly ClusterLink _link;
    private readonly string _topic;
    private readonly SenderStream _stream;
    private readonly HeadHistory _heads;
    private int _beatsLeft;

    public GroupSender(ClusterLink link, string topic, uint series, int maxReplay)
    {
        (_link, _topic) = (link, topic);
        _stream = new(link.Self.Incarnation, maxReplay);
        _stream.Begin(series, 0);
        _heads = new(link.Beat);
        LastUsed = link.Time.GetTimestamp();
    }

    public SenderStream Stream => _stream;

    /// <summary>The timestamp of the last message.</summary>
    public long LastUsed { get; private set; }

    /// <summary>Whether the head is announced in the next beat.</summary>
    public bool IsAnnouncing => _beatsLeft > 0 || _stream.Last != _heads.Last;

    public GroupStamp NextStamp => _stream.Stamp(_stream.Last + 1);

    /// <summary>Numbers a message, and queues it for other nodes.</summary>
    /// <param name="payload">The message as the codec of the group encodes it.</param>
    /// <returns>False if the message is lost for at least one other node because a queue is full.</returns>
    public bool Publish(PooledBuffer payload)
    {
        var number = _stream.Last + 1;
        _stream.OnDelivered(number, payload);
        LastUsed = _link.Time.GetTimestamp();
        var frame = PooledBuffer.Rent();
        WriteMessage(frame, FrameKind.Broadcast, number, payload);
        var isQueued = _link.Engine.TryPublish(_topic, frame.WrittenMemory.Span);
        frame.Release();
        return isQueued;
    }

    /// <summary>Returns the head if it has to be announced in a beat.</summary>
    public bool TryAnnounce(ulong beat, out GroupHead head)
    {
        if (_heads.OnBeat(beat, _stream.Last))
            _beatsLeft = _link.BeatsToAnnounce;
        head = new(_stream.Series, _stream.Last, _stream.Last);
        if (_beatsLeft == 0)
            return false;
        _beatsLeft--;
        return true;
    }

    /// <summary>The head at the last beat.</summary>
    public ulong HeadAtLastBeat => _heads.Last;

    /// <summary>Returns the head, and the one at an earlier beat; at beat 0, they are equal.</summary>
    public GroupHead GetHead(ulong beat) =>
        new(_stream.Series, beat == 0 ? _stream.Last : _heads.At(beat), _stream.Last);

    /// <summary>Sends messages again to a node that has missed them, or says that they are gone.</summary>
    public void Repair(ClusterNode node, uint series, ulong first, ulong last)
    {
        if (series != _stream.Series)
        {
            SendRefusal(node, series, last);
            return;
        }

        last = Math.Min(last, _stream.Last);
        if (first > last)
            return;
        var available = Math.Max(_stream.Ring.First, first);
        if (available > first)
            SendRefusal(node, series, Math.Min(available - 1, last));
        foreach (var (number, payload) in _stream.Ring.From(available))
        {
            if (number > last)
                break;
            var frame = PooledBuffer.Rent();
            WriteMessage(frame, FrameKind.Repaired, number, payload);
            var isQueued = _link.Send(node, frame);
            frame.Release();
            if (!isQueued)
                return; // The queue is full: the node gives up the rest after its timeout.
        }
    }

    private void SendRefusal(ClusterNode node, uint series, ulong upTo)
    {
        var frame = PooledBuffer.Rent();
        var writer = _link.Begin(frame, FrameKind.RepairRefused);
        writer.WriteText(_topic);
        writer.WriteNumber(series);
        writer.WriteNumber(upTo);
        _link.Send(node, frame);
        frame.Release();
    }

    private void WriteMessage(PooledBuffer frame, FrameKind kind, ulong number, PooledBuffer payload)
    {
        Debug.Assert(number > 0, "Messages are numbered from 1.");
        var writer = _link.Begin(frame, kind);
        writer.WriteText(_topic);
        writer.WriteNumber(_stream.Series);
        writer.WriteNumber(number);
        TraceField.Write(writer);
        writer.WriteRest(payload.WrittenMemory.Span);
    }
}
