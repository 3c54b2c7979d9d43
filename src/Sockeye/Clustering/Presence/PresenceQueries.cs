namespace Sockeye.Clustering;

/// <summary>Asks other nodes for numbers, for pages of members and for what they hold, and answers them. Safe to call from any
/// thread.</summary>
/// <remarks>
/// <code>
///  PresenceRequest  id: number  kind: 1 byte  key: text  after  max: numbers
///  PresenceAnswer   id: number  count: number   or   next: number  { item } …   or
///                   connections  groups  missed  uptime in milliseconds: numbers
/// </code>
/// </remarks>
internal sealed class PresenceQueries(ClusterLink link, PresenceDirectory presence, NodeCounters counters)
{
    private const byte CountKind = 1;
    private const byte PageKind = 2;
    private const byte CountsKind = 3;
    private const int MaxPage = 10_000;

    /// <summary>The requests, whose answer is null if there is none.</summary>
    public PendingRequests<byte[]?> Requests { get; } = new(link, nodeGone: null, noAnswer: null);

    /// <returns>Null if the node has not answered.</returns>
    public async Task<long?> CountAsync(ClusterNode node, string key, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(node, CountKind, key, after: 0, max: 0, cancellationToken);
        return answer is null ? null : (long)FrameReader.OfFields(answer).ReadNumber();
    }

    /// <returns>Null if the node has not answered.</returns>
    public async Task<ClusterNodeCounts?> GetCountsAsync(ClusterNode node, CancellationToken cancellationToken)
    {
        if (node == link.Self)
            return counters.Counts;
        var answer = await AskAsync(node, CountsKind, key: "", after: 0, max: 0, cancellationToken);
        return answer is null ? null : ReadCounts(answer);
    }

    /// <returns>Null if the node has not answered.</returns>
    public async Task<(List<ClusterMember> Members, long Next)?> GetPageAsync(
        ClusterNode node, string key, long after, int max, CancellationToken cancellationToken)
    {
        if (node == link.Self)
        {
            var page = PooledBuffer.Rent();
            presence.WritePage(new(page), key, after, max);
            var own = page.WrittenMemory.ToArray();
            page.Release();
            return ReadPage(own, node);
        }

        var answer = await AskAsync(node, PageKind, key, after, max, cancellationToken);
        return answer is null ? null : ReadPage(answer, node);
    }

    public void OnRequest(ClusterNode node, ref FrameReader frame)
    {
        var (id, kind, key) = (frame.ReadNumber(), frame.ReadByte(), frame.ReadText());
        var (after, max) = ((long)frame.ReadNumber(), (int)Math.Min(frame.ReadNumber(), MaxPage));
        var answer = PooledBuffer.Rent();
        var writer = link.Begin(answer, FrameKind.PresenceAnswer);
        writer.WriteNumber(id);
        switch (kind)
        {
            case CountKind:
                writer.WriteNumber((ulong)presence.Count(key));
                break;
            case PageKind:
                presence.WritePage(writer, key, after, max);
                break;
            case CountsKind:
                WriteCounts(writer, counters.Counts);
                break;
            default:
                answer.Release();
                throw new InvalidDataException($"it asks for {kind}, which this version of Sockeye does not know");
        }

        link.Send(node, answer);
        answer.Release();
    }

    public void OnAnswer(ulong sender, ref FrameReader frame)
    {
        var id = frame.ReadNumber();
        Requests.OnAnswer(sender, id, frame.Rest.ToArray());
    }

    private static void WriteCounts(FrameWriter writer, ClusterNodeCounts counts)
    {
        writer.WriteNumber((ulong)counts.Connections);
        writer.WriteNumber((ulong)counts.Groups);
        writer.WriteNumber((ulong)counts.MissedMessages);
        writer.WriteNumber((ulong)counts.Uptime.TotalMilliseconds);
    }

    private static ClusterNodeCounts ReadCounts(byte[] answer)
    {
        var reader = FrameReader.OfFields(answer);
        return new(
            (int)reader.ReadNumber(), (int)reader.ReadNumber(), (long)reader.ReadNumber(),
            TimeSpan.FromMilliseconds(reader.ReadNumber()));
    }

    private static (List<ClusterMember> Members, long Next) ReadPage(byte[] answer, ClusterNode node)
    {
        var reader = FrameReader.OfFields(answer);
        var next = (long)reader.ReadNumber();
        List<ClusterMember> members = [];
        while (!reader.IsAtEnd)
        {
            var (id, user) = MemberFormat.Instance.Read(ref reader);
            members.Add(new(ConnectionIds.Format(id, node), user, node));
        }

        return (members, next);
    }

    private async Task<byte[]?> AskAsync(
        ClusterNode node, byte kind, string key, long after, int max, CancellationToken cancellationToken)
    {
        var (id, answer) = Requests.Begin(node);
        var frame = PooledBuffer.Rent();
        var writer = link.Begin(frame, FrameKind.PresenceRequest);
        writer.WriteNumber(id);
        writer.WriteByte(kind);
        writer.WriteText(key);
        writer.WriteNumber((ulong)after);
        writer.WriteNumber((ulong)max);
        var isQueued = link.Send(node, frame);
        frame.Release();
        try
        {
            return isQueued ? await answer.WaitAsync(cancellationToken) : null;
        }
        finally
        {
            Requests.Cancel(id);
        }
    }
}
