using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>Asks other nodes for the messages after a position, and answers them.</summary>
/// <remarks>
/// <code>
///  CatchUpRequest  topic  id: number  { sender: 8 bytes  series  first  beat: numbers } …
///  CatchUpMessage  topic  id: number  sender: 8 bytes  series  number: numbers  payload
///  CatchUpEnd      topic  id: number  { sender: 8 bytes  series  before  last: numbers } …
/// </code>
/// Each node is asked for its own messages, and for those of nodes that are gone. It answers with messages and an end.
/// </remarks>
internal static class CatchUpFrames
{
    public static void SendRequest(
        ClusterLink link, NodeTable nodes, ClusterNode node, string topic, ulong id, GroupPosition since, GroupReceiver receiver)
    {
        var gone = since.Stamps.Select(stamp => stamp.Incarnation).Concat(nodes.GetGone()).Distinct()
            .Where(sender => sender != link.Self.Incarnation && sender != node.Incarnation && !nodes.IsUp(sender));
        var frame = PooledBuffer.Rent();
        var writer = link.Begin(frame, FrameKind.CatchUpRequest);
        writer.WriteText(topic);
        writer.WriteNumber(id);
        foreach (var sender in gone.Prepend(node.Incarnation))
        {
            var (series, first) = FirstToAskFor(since, sender, receiver.Find(sender));
            writer.WriteFixed(sender);
            writer.WriteNumber(series);
            writer.WriteNumber(first);
            writer.WriteNumber(sender == node.Incarnation ? receiver.GetStartBeat(sender) ?? 0 : 0);
        }

        link.Send(node, frame);
        frame.Release();
    }

    /// <summary>Answers a request of another node.</summary>
    /// <param name="link">The cluster.</param>
    /// <param name="node">The node that asks.</param>
    /// <param name="topic">The name of the group.</param>
    /// <param name="request">The request.</param>
    /// <param name="own">The messages that this node has sent; null if it does not use the group: it answers that it has
    /// none, so that the other one does not wait.</param>
    /// <param name="receiver">The messages that it has received, or null.</param>
    public static void Answer(
        ClusterLink link, ClusterNode node, string topic, ref FrameReader request, GroupSender? own, GroupReceiver? receiver)
    {
        var id = request.ReadCount();
        var end = PooledBuffer.Rent();
        var writer = link.Begin(end, FrameKind.CatchUpEnd);
        writer.WriteText(topic);
        writer.WriteNumber(id);
        while (!request.IsAtEnd)
        {
            var (sender, series) = (request.ReadFixed(), request.ReadNumber());
            var (first, beat) = (request.ReadCount(), request.ReadCount());
            var stream = sender == link.Self.Incarnation ? own?.Stream : receiver?.Find(sender);
            if (stream is null or { StartBeat: not null } or { Series: 0 })
                continue;
            foreach (var (number, payload) in stream.Ring.From(series == stream.Series ? first : 1))
                SendMessage(link, node, topic, id, stream.Stamp(number), payload);
            writer.WriteFixed(sender);
            writer.WriteNumber(stream.Series);
            writer.WriteNumber(own is not null && stream == own.Stream ? GetStart(own, beat) : stream.Last);
            writer.WriteNumber(stream.Last);
        }

        link.Send(node, end);
        end.Release();
    }

    private static void SendMessage(
        ClusterLink link, ClusterNode node, string topic, ulong id, GroupStamp stamp, PooledBuffer payload)
    {
        var frame = PooledBuffer.Rent();
        var writer = link.Begin(frame, FrameKind.CatchUpMessage);
        writer.WriteText(topic);
        writer.WriteNumber(id);
        writer.WriteFixed(stamp.Incarnation);
        writer.WriteNumber(stamp.Series);
        writer.WriteNumber(stamp.Number);
        writer.WriteRest(payload.WrittenMemory.Span);
        link.Send(node, frame);
        frame.Release();
    }

    private static ulong GetStart(GroupSender own, ulong beat) => beat == 0 ? own.HeadAtLastBeat : own.GetHead(beat).Before;

    /// <summary>Returns the first message that this node itself does not keep.</summary>
    private static (uint Series, ulong Number) FirstToAskFor(GroupPosition since, ulong sender, SenderStream? stream)
    {
        if (stream is null or { StartBeat: not null } || (since.TryGet(sender, out var seen) && seen.Series > stream.Series))
            return since.TryGet(sender, out seen) ? (seen.Series, since.FirstUnseen(sender, seen.Series)) : (0, 1);
        var first = since.FirstUnseen(sender, stream.Series);
        Debug.Assert(stream.Ring.First <= stream.Last + 1, "The ring ends with the last message.");
        return (stream.Series, stream.Ring.First <= first ? stream.Last + 1 : first);
    }
}
