namespace Sockeye.Clustering;

/// <summary>Exchanges the heads of groups: with each beat those that have changed, and all of them with a node whose frames may
/// be lost.</summary>
/// <remarks>
/// <code>
///  Heads         request: number  { hash: 8 bytes  series  before  last: numbers } …
///  HeadsRequest  request: number  { hash: 8 bytes  beat: number } …
/// </code>
/// Request 0 is an announcement. A long list is split over several frames.
/// </remarks>
internal sealed class GroupHeads(ClusterLink link, NodeTable nodes, GroupDirectory groups)
{
    private const int MaxFrame = 32 * 1024;
    private const int MaxTopics = MaxFrame / 16;

    /// <summary>Announces the heads that have changed. The beat itself comes behind them.</summary>
    /// <returns>The number of frames.</returns>
    public int Announce(ulong beat)
    {
        var frames = 0;
        PooledBuffer? frame = null;
        foreach (var topic in groups.Topics)
        {
            if (!topic.TryAnnounce(beat, out var head))
                continue;
            frame ??= Start(request: 0);
            WriteHead(frame, topic.Name, head);
            if (frame.WrittenMemory.Length > MaxFrame)
                SendAnnouncement();
        }

        SendAnnouncement();
        return frames;

        void SendAnnouncement()
        {
            if (frame is null)
                return;
            link.Announce(frame);
            frame.Release();
            frame = null;
            frames++;
        }
    }

    /// <summary>Asks nodes whose frames may be lost. A node that does not answer is asked again with the next beat.</summary>
    public void Ask(ulong beat)
    {
        foreach (var node in nodes.GetNodesToAsk())
        {
            List<(string Name, ulong Beat)> topics = [];
            foreach (var topic in groups.Topics)
            {
                if (topic.AsksForHead(node.Incarnation, out var since))
                    topics.Add((topic.Name, since));
            }

            var chunks = topics.Chunk(MaxTopics).ToList();
            nodes.OnAsked(node.Incarnation, beat, chunks.Count);
            if (chunks.Count == 0)
                nodes.OnAnswered(node.Incarnation, beat);
            foreach (var chunk in chunks)
                HeadsRequest.Send(link, node, beat, chunk);
        }
    }

    public void OnRequest(ClusterNode node, ref FrameReader request)
    {
        var frame = Start(request.ReadCount());
        while (!request.IsAtEnd)
        {
            var (hash, beat) = (request.ReadFixed(), request.ReadCount());
            if (groups.Find(hash) is { } topic)
                WriteHead(frame, topic.Name, topic.GetHead(beat));
        }

        link.Send(node, frame);
        frame.Release();
    }

    public void OnHeads(ulong sender, ref FrameReader frame)
    {
        var request = frame.ReadCount();
        while (!frame.IsAtEnd)
        {
            var hash = frame.ReadFixed();
            var head = new GroupHead(frame.ReadSeries(), frame.ReadCount(), frame.ReadCount());
            if (head.Before > head.Last)
                throw new InvalidDataException($"a head was {head.Before} before it was {head.Last}");
            groups.Find(hash)?.OnHead(sender, head, isAnswer: request != 0);
        }

        if (request == 0)
            nodes.OnHeadFrame(sender);
        else
            nodes.OnAnswered(sender, request);
    }

    private static void WriteHead(PooledBuffer frame, string topic, GroupHead head)
    {
        var writer = new FrameWriter(frame);
        writer.WriteFixed(TopicHash.Compute(topic));
        writer.WriteNumber(head.Series);
        writer.WriteNumber(head.Before);
        writer.WriteNumber(head.Last);
    }

    private PooledBuffer Start(ulong request)
    {
        var frame = PooledBuffer.Rent();
        link.Begin(frame, FrameKind.Heads).WriteNumber(request);
        return frame;
    }
}
