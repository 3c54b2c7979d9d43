
namespace Sockeye.Clustering;

/// <summary>Sends messages to single connections and to users, here and on other nodes, ends connections, and answers other nodes
/// that ask for it. Safe to call from any thread.</summary>
/// <remarks>
/// <code>
///  Send        id: number  connection: text  type: text  trace  message
///  SendToUser  id: number  user: text        type: text  trace  message
///  Abort       id: number  connection: text  reason: text
///  AbortUser   id: number  user: text        reason: text
///  SendAnswer  id: number  result: 1 byte  done  failed: numbers
/// </code>
/// </remarks>
internal sealed class DirectSender(
    ClusterLink link, NodeTable nodes, ConnectionRegistry registry, PresenceDirectory presence)
{
    /// <summary>The requests to other nodes.</summary>
    public PendingRequests<DirectAnswer> Requests { get; } = new(
        link, new(ClusterSendResult.NodeGone, 0, 0), new(ClusterSendResult.NoAnswer, 0, 0));

    public async ValueTask<ClusterSendResult> SendAsync<TMessage>(
        string connectionId, TMessage message, ClusterMessageType type, CancellationToken cancellationToken)
    {
        var (id, node) = ConnectionIds.Parse(connectionId);
        if (node == link.Self)
            return registry.Find(id)?.TrySend(message) ?? ClusterSendResult.NotFound;
        if (!nodes.IsUp(node.Incarnation))
            return ClusterSendResult.NodeGone;
        var answer = await AskAsync(
            node, FrameKind.Send, id, writer => WriteMessage(writer, message, type), cancellationToken);
        return answer.Result;
    }

    public async Task<ClusterUserSendResult> SendToUserAsync<TMessage>(
        string user, TMessage message, ClusterMessageType type, CancellationToken cancellationToken)
    {
        var own = registry.FindUser(user).Select(connection => connection.TrySend(message)).ToList();
        var local = new DirectAnswer(
            ClusterSendResult.Queued, own.Count(result => result is ClusterSendResult.Queued),
            own.Count(result => result is not (ClusterSendResult.Queued or ClusterSendResult.NotFound)));
        return await AskAllAsync(
            user, local, FrameKind.SendToUser, writer => WriteMessage(writer, message, type), cancellationToken);
    }

    public async ValueTask<ClusterSendResult> AbortAsync(string connectionId, string reason, CancellationToken cancellationToken)
    {
        var (id, node) = ConnectionIds.Parse(connectionId);
        if (node == link.Self)
            return Abort(id, reason);
        if (!nodes.IsUp(node.Incarnation))
            return ClusterSendResult.NodeGone;
        var answer = await AskAsync(node, FrameKind.Abort, id, writer => writer.WriteText(reason), cancellationToken);
        return answer.Result;
    }

    public Task<ClusterUserSendResult> AbortUserAsync(string user, string reason, CancellationToken cancellationToken) =>
        AskAllAsync(
            user, AbortUser(user, reason), FrameKind.AbortUser, writer => writer.WriteText(reason), cancellationToken);

    public void OnRequest(ClusterNode node, ref FrameReader frame)
    {
        var (id, target) = (frame.ReadNumber(), frame.ReadText());
        var answer = frame.Kind switch
        {
            FrameKind.Send => OnSend(target, ref frame),
            FrameKind.SendToUser => OnSendToUser(target, ref frame),
            FrameKind.Abort => new(Abort(target, frame.ReadText()), 0, 0),
            _ => AbortUser(target, frame.ReadText()),
        };
        var output = PooledBuffer.Rent();
        var writer = link.Begin(output, FrameKind.SendAnswer);
        writer.WriteNumber(id);
        writer.WriteByte((byte)answer.Result);
        writer.WriteNumber((ulong)answer.Done);
        writer.WriteNumber((ulong)answer.Failed);
        link.Send(node, output);
        output.Release();
    }

    public void OnAnswer(ulong sender, ref FrameReader frame)
    {
        var id = frame.ReadNumber();
        var result = (ClusterSendResult)frame.ReadByte();
        Requests.OnAnswer(sender, id, new(result, (int)frame.ReadNumber(), (int)frame.ReadNumber()));
    }

    private static void WriteMessage<TMessage>(FrameWriter writer, TMessage message, ClusterMessageType type)
    {
        writer.WriteText(type.Name);
        TraceField.Write(writer);
        writer.WriteMessage((Codec<TMessage>)type.Codec, message);
    }

    private DirectAnswer OnSend(string id, ref FrameReader frame)
    {
        var typeName = frame.ReadTextBytes();
        using var activity = ClusterMetrics.StartDelivery(TraceField.Read(ref frame), "sockeye.connection.id", id);
        return new(registry.Find(id)?.TrySend(typeName, frame.Rest) ?? ClusterSendResult.NotFound, 0, 0);
    }

    private DirectAnswer OnSendToUser(string user, ref FrameReader frame)
    {
        var typeName = frame.ReadTextBytes();
        using var activity = ClusterMetrics.StartDelivery(TraceField.Read(ref frame));
        var (done, failed) = (0, 0);
        foreach (var connection in registry.FindUser(user))
        {
            var result = connection.TrySend(typeName, frame.Rest);
            if (result is ClusterSendResult.Queued)
                done++;
            else if (result is not ClusterSendResult.NotFound)
                failed++;
        }

        return new(ClusterSendResult.Queued, done, failed);
    }

    private ClusterSendResult Abort(string id, string reason)
    {
        if (registry.Find(id) is not { } connection)
            return ClusterSendResult.NotFound;
        connection.Connection.Abort(CloseReason.Local(CloseCause.Abort, reason));
        return ClusterSendResult.Queued;
    }

    private DirectAnswer AbortUser(string user, string reason)
    {
        var connections = registry.FindUser(user);
        foreach (var connection in connections)
            connection.Connection.Abort(CloseReason.Local(CloseCause.Abort, reason));
        return new(ClusterSendResult.Queued, connections.Count, 0);
    }

    private async Task<ClusterUserSendResult> AskAllAsync(
        string user, DirectAnswer local, FrameKind kind, Action<FrameWriter> write, CancellationToken cancellationToken)
    {
        var others = presence.FindNodesOf(user);
        var answers = await Task.WhenAll(
            others.Select(node => AskAsync(node, kind, user, write, cancellationToken).AsTask()));
        var (done, failed) = (local.Done, local.Failed);
        List<ClusterNode> missing = [];
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].Result is ClusterSendResult.Queued)
                (done, failed) = (done + answers[i].Done, failed + answers[i].Failed);
            else
                missing.Add(others[i]);
        }

        return new(done, failed, missing);
    }

    private async ValueTask<DirectAnswer> AskAsync(
        ClusterNode node, FrameKind kind, string target, Action<FrameWriter> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var frame = PooledBuffer.Rent();
        ulong id;
        Task<DirectAnswer> answer;
        try
        {
            (id, answer) = Requests.Begin(node);
            var writer = link.Begin(frame, kind);
            writer.WriteNumber(id);
            writer.WriteText(target);
            try
            {
                write(writer);
            }
            catch (Exception)
            {
                Requests.Cancel(id); // The codec rejects the message: it is not sent.
                throw;
            }

            if (!link.Send(node, frame))
            {
                Requests.Cancel(id);
                return new(ClusterSendResult.QueueFull, 0, 0);
            }
        }
        finally
        {
            frame.Release();
        }

        try
        {
            return await answer.WaitAsync(cancellationToken);
        }
        finally
        {
            Requests.Cancel(id);
        }
    }
}
