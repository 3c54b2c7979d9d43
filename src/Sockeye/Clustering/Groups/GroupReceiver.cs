using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The messages that a group on this node receives of other nodes: in order for each sender, each once, and every gap is
/// filled or reported. The lock of the group guards it.</summary>
/// <param name="link">The cluster.</param>
/// <param name="nodes">The other nodes.</param>
/// <param name="interest">Whether, and since when, this node receives the group.</param>
/// <param name="topic">The name of the group.</param>
/// <param name="maxReplay">The maximum number of messages that are kept of each sender; 0: gaps are not filled.</param>
/// <param name="deliver">Queues a message for the members.</param>
/// <param name="onGap">Is called for what was missed, under the lock.</param>
internal sealed class GroupReceiver(
    ClusterLink link,
    NodeTable nodes,
    GroupInterest interest,
    string topic,
    int maxReplay,
    Action<GroupStamp, PooledBuffer> deliver,
    Action<GroupGap> onGap)
{
    private const string NotSentAgain = "their sender has not sent them again in time";

    private readonly Dictionary<ulong, SenderStream> _streams = [];

    public IEnumerable<SenderStream> Streams => _streams.Values;

    public SenderStream? Find(ulong sender) => _streams.GetValueOrDefault(sender);

    /// <summary>Returns the beat of a sender at which its head is needed; null if this node knows where the stream starts, or if
    /// nothing that was sent before is for it.</summary>
    public ulong? GetStartBeat(ulong sender) => Find(sender) is { } stream
        ? stream.StartBeat
        : nodes.GetBeatAfter(sender, interest.ActiveSince);

    /// <summary>A message has arrived.</summary>
    public void OnMessage(ulong sender, uint series, ulong number, PooledBuffer payload)
    {
        var stream = Find(sender);
        if (stream is null)
            stream = Begin(sender, series, number);
        else if (series > stream.Series)
            Restart(stream, series);
        if (series == stream.Series && number == stream.Last + 1)
        {
            Deliver(stream, number, payload);
        }
        else if (series != stream.Series || number <= stream.LastArrived)
        {
            ClusterMetrics.OnDuplicate(); // Of a former series, or again.
        }
        else
        {
            if (stream.IsFull)
                GiveUpFirstGap(stream, $"{SenderStream.MaxHeld} later messages have arrived while they were asked for");
            if (number == stream.Last + 1)
                Deliver(stream, number, payload);
            else
                stream.Hold(number, payload);
        }

        Continue(stream);
    }

    /// <summary>A message that was asked for has arrived.</summary>
    public void OnRepaired(ulong sender, uint series, ulong number, PooledBuffer payload)
    {
        if (Find(sender) is not { } stream || stream.Series != series || number != stream.Last + 1)
            return; // Too late: it was given up, or it has arrived in the meantime.
        ClusterMetrics.OnRepaired();
        Deliver(stream, number, payload);
        Continue(stream);
    }

    /// <summary>The sender no longer has messages that were asked for.</summary>
    public void OnRefused(ulong sender, uint series, ulong upTo)
    {
        if (Find(sender) is not { } stream || stream.Series != series || upTo <= stream.Last || upTo > stream.AskedUpTo)
            return;
        GiveUp(stream, upTo, "their sender no longer keeps them (MaxReplayMessages)");
        Continue(stream);
    }

    /// <summary>A sender has announced its head, or answered.</summary>
    public void OnHead(ulong sender, GroupHead head, bool isAnswer)
    {
        var stream = Find(sender);
        if (stream is null)
        {
            if (isAnswer ? head.Before == head.Last : nodes.GetBeatAfter(sender, interest.ActiveSince) is null)
                return; // Nothing was sent that is for this node.
            stream = isAnswer ? Add(sender, head.Series, head.Before) : Begin(sender, head.Series, head.Last + 1);
        }
        else if (head.Series > stream.Series)
        {
            Restart(stream, head.Series);
        }

        if (head.Series != stream.Series)
            return;
        if (isAnswer && stream.StartBeat is not null)
        {
            stream.Start(head.Before);
            Continue(stream);
        }

        stream.Suspect(head.Last, link.Time.GetTimestamp());
    }

    /// <summary>Gives up what was asked for in vain, and asks for what was announced and has not arrived.</summary>
    public void Check()
    {
        foreach (var stream in _streams.Values)
        {
            if (stream.StartBeat is not null)
            {
                if (link.Since(stream.StartAskedAt) > link.Options.NodeTimeout)
                    StartAnyway(stream);
                continue;
            }

            if (stream.IsWaiting && link.Since(stream.AskedAt) > 2 * link.Options.BeatInterval)
            {
                if (stream.HasProgress)
                    Ask(stream, stream.AskedUpTo); // The rest was lost on its way.
                else
                    GiveUp(stream, stream.AskedUpTo, NotSentAgain);
                Continue(stream);
            }

            // Frames of one sender arrive in order, but a head may overtake messages on another path: wait for one more beat.
            if (stream.Suspected > stream.LastArrived && !stream.IsWaiting
                && link.Since(stream.SuspectedAt) >= link.Options.BeatInterval)
            {
                Ask(stream, stream.Suspected);
            }
        }
    }

    /// <summary>Adds a stream whose next message follows a number.</summary>
    public SenderStream Add(ulong sender, uint series, ulong last)
    {
        var stream = new SenderStream(sender, maxReplay);
        stream.Begin(series, last);
        _streams.Add(sender, stream);
        return stream;
    }

    /// <summary>Adds a stream of a sender that has sent nothing yet: its first message begins the first series.</summary>
    public void AddSilent(ulong sender) => Add(sender, series: 0, last: 0);

    public void Remove(ulong sender)
    {
        if (_streams.Remove(sender, out var stream))
            stream.Release();
    }

    public void Clear()
    {
        foreach (var stream in _streams.Values)
            stream.Release();
        _streams.Clear();
    }

    public void Deliver(SenderStream stream, ulong number, PooledBuffer payload)
    {
        stream.OnDelivered(number, payload);
        deliver(stream.Stamp(number), payload);
    }

    /// <summary>Delivers what is held and now follows, and asks for what is missing before the rest.</summary>
    public void Continue(SenderStream stream)
    {
        while (stream.TryTakeNext(out var next))
        {
            Deliver(stream, stream.Last + 1, next);
            next.Release();
        }

        if (stream.HasHeld && !stream.IsWaiting && stream.StartBeat is null)
            Ask(stream, stream.FirstHeld - 1);
    }

    /// <summary>Begins another series. What is missing of the former one is lost.</summary>
    public void Restart(SenderStream stream, uint series)
    {
        if (stream.StartBeat is not null)
            StartAnyway(stream);
        GiveUp(stream, Math.Max(stream.LastArrived, stream.Suspected), "their sender has begun another series");
        stream.Begin(series, 0);
    }

    /// <summary>Begins the stream of a sender that was not heard in this group before, with its first message that has arrived.
    /// </summary>
    private SenderStream Begin(ulong sender, uint series, ulong number)
    {
        // Members were here before, perhaps, and messages before this one were for them, and lost: only the sender knows.
        if (number == 1 || nodes.GetBeatAfter(sender, interest.ActiveSince) is not { } beat || nodes.Find(sender) is not { } node)
            return Add(sender, series, number - 1);
        var stream = Add(sender, series, 0);
        stream.BeginWithoutStart(series, beat, link.Time.GetTimestamp());
        nodes.NeedHeads(sender); // Asks again with the next beat, if this request is lost.
        HeadsRequest.Send(link, node, HeadsRequest.OneTopic, (topic, beat));
        return stream;
    }

    /// <summary>The sender does not say where the stream starts: some messages may be missing.</summary>
    private void StartAnyway(SenderStream stream)
    {
        onGap(new(
            topic, nodes.NameOf(stream.Incarnation), stream.Stamp(1), Count: 0,
            "their sender has not said how many there are: it is not reachable"));
        stream.Start(stream.HasHeld ? stream.FirstHeld - 1 : stream.Suspected);
        Continue(stream);
    }

    /// <summary>Misses what has not arrived up to a number, and delivers the rest.</summary>
    private void GiveUp(SenderStream stream, ulong upTo, string reason)
    {
        while (stream.HasHeld && stream.FirstHeld <= upTo)
            GiveUpFirstGap(stream, reason);
        if (stream.Last < upTo)
            Miss(stream, upTo, reason);
    }

    private void GiveUpFirstGap(SenderStream stream, string reason)
    {
        if (stream.StartBeat is not null)
            StartAnyway(stream);
        else
            Miss(stream, stream.FirstHeld - 1, reason);
        while (stream.TryTakeNext(out var next))
        {
            Deliver(stream, stream.Last + 1, next);
            next.Release();
        }
    }

    /// <summary>Asks the sender for the messages up to a number.</summary>
    private void Ask(SenderStream stream, ulong upTo)
    {
        Debug.Assert(upTo > stream.Last, "Messages are missing.");
        if (maxReplay == 0 || !nodes.Accepts(stream.Incarnation) || nodes.Find(stream.Incarnation) is not { } node)
        {
            GiveUp(stream, upTo, maxReplay == 0
                ? "the group keeps no messages to send again (MaxReplayMessages)"
                : "their sender is gone");
            Continue(stream);
            return;
        }

        var frame = PooledBuffer.Rent();
        var writer = link.Begin(frame, FrameKind.RepairRequest);
        writer.WriteText(topic);
        writer.WriteNumber(stream.Series);
        writer.WriteNumber(stream.Last + 1);
        writer.WriteNumber(upTo);
        link.Send(node, frame);
        frame.Release();
        stream.OnAsked(upTo, link.Time.GetTimestamp());
    }

    private void Miss(SenderStream stream, ulong upTo, string reason)
    {
        var count = (long)(upTo - stream.Last);
        onGap(new(topic, nodes.NameOf(stream.Incarnation), stream.Stamp(stream.Last + 1), count, reason));
        stream.OnMissed(upTo);
    }
}
