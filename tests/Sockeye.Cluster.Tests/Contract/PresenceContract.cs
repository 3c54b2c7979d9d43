using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Contract;

/// <summary>Addressed messages and presence, on every engine. A derived class provides the engines.</summary>
public abstract class PresenceContract
{
    [Fact]
    public Task Message_reaches_one_connection_on_any_node() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2);
        var (addressed, other) = (nodes[1].NewMember(), nodes[1].NewMember());
        var id = nodes[1].Cluster.Register(addressed.Messages);
        nodes[1].Cluster.Register(other.Messages);

        Assert.Equal(ClusterSendResult.Queued, await nodes[0].Cluster.SendAsync(id, "from another node"));
        Assert.Equal(ClusterSendResult.Queued, await nodes[1].Cluster.SendAsync(id, "from its own"));

        await world.UntilAsync(() => addressed.Lines.Count == 2, "both have arrived");
        Assert.Equal(["from another node", "from its own"], addressed.Lines);
        Assert.Empty(other.Lines);
    });

    [Fact]
    public Task Sender_learns_what_became_of_a_message() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2, options => options.AddMessage(Codec.LengthPrefixed(maxLength: 10), "bytes"));
        var member = nodes[1].NewMember();
        var id = nodes[1].Cluster.Register(member.Messages);

        Assert.Equal(ClusterSendResult.Refused, await nodes[0].Cluster.SendAsync<ReadOnlyMemory<byte>>(id, new byte[1]));
        member.Connection.Abort();
        Assert.Equal(ClusterSendResult.NotFound, await nodes[0].Cluster.SendAsync(id, "x"));
        await nodes[1].StopAsync();
        await world.UntilAsync(() => nodes[0].Cluster.OtherNodes.Count == 0, "the node has left");
        Assert.Equal(ClusterSendResult.NodeGone, await nodes[0].Cluster.SendAsync(id, "x"));
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await nodes[0].Cluster.SendAsync("17", "x"));
        Assert.Contains("\"17\" is not an id of a connection", error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Slow_connection_does_not_hold_up_the_sender() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2, options =>
        {
            options.GroupOptions.MaxQueuedMessages = 2;
            options.GroupOptions.SlowMember = SlowMemberPolicy.Drop;
        });
        var member = nodes[1].NewMember();
        var id = nodes[1].Cluster.Register(member.Messages);
        using var blocked = member.Connection.Block();

        var results = new List<ClusterSendResult>();
        for (var i = 0; i < 10; i++)
            results.Add(await nodes[0].Cluster.SendAsync(id, $"{i}"));

        Assert.Contains(ClusterSendResult.QueueFull, results);
        Assert.Equal(ClusterSendResult.QueueFull, results[^1]);
    });

    [Fact]
    public Task User_receives_a_message_on_all_connections_and_nodes_without_it_receive_nothing() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(4);
        WorldMember[] ann = [nodes[0].NewMember(), nodes[1].NewMember(), nodes[1].NewMember()];
        nodes[0].Cluster.Register(ann[0].Messages, "ann");
        nodes[1].Cluster.Register(ann[1].Messages, "ann");
        nodes[1].Cluster.Register(ann[2].Messages, "ann");
        var bob = nodes[2].NewMember();
        nodes[2].Cluster.Register(bob.Messages, "bob");
        // From the first call on, a node follows the users of the others: each sends a start and an end.
        await nodes[3].Cluster.SendToUserAsync("nobody", "x");
        await world.UntilAsync(() => nodes[3].Engine.ReceivedCount(SpyEngine.Changes) >= 6, "the users are known");
        var counts = nodes.Select(node => node.Engine.ReceivedCount(SpyEngine.SendToUser)).ToArray();

        var result = await nodes[3].Cluster.SendToUserAsync("ann", "hello");

        Assert.Equal((3, 0), (result.Connections, result.Failed));
        Assert.Empty(result.NodesWithoutAnswer);
        await world.UntilAsync(() => ann.All(member => member.Lines.Count == 1), "all have received it");
        Assert.Empty(bob.Lines);
        Assert.Equal(
            [counts[0] + 1, counts[1] + 1, counts[2], counts[3]],
            nodes.Select(node => node.Engine.ReceivedCount(SpyEngine.SendToUser)));
    });

    [Fact]
    public Task User_that_has_just_connected_is_reached() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2);
        Assert.Equal(0, (await nodes[0].Cluster.SendToUserAsync("ann", "too early")).Connections);
        await world.UntilAsync(() => nodes[0].Engine.ReceivedCount(SpyEngine.Changes) >= 2, "the users are known: none");
        var member = nodes[1].NewMember();
        nodes[1].Cluster.Register(member.Messages, "ann");
        await world.UntilAsync(() => nodes[0].Engine.ReceivedCount(SpyEngine.Changes) >= 3, "the new user is known");

        Assert.Equal(1, (await nodes[0].Cluster.SendToUserAsync("ann", "hello")).Connections);

        await world.UntilAsync(() => member.Lines.Count == 1, "the message has arrived");
        Assert.Equal(["hello"], member.Lines);
    });

    [Fact]
    public Task Connections_are_ended_from_another_node_with_the_given_reason() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2);
        WorldMember[] members = [nodes[0].NewMember(), nodes[1].NewMember(), nodes[1].NewMember()];
        nodes[0].Cluster.Register(members[0].Messages, "ann");
        nodes[1].Cluster.Register(members[1].Messages, "ann");
        var id = nodes[1].Cluster.Register(members[2].Messages);

        Assert.Equal(ClusterSendResult.Queued, await nodes[0].Cluster.AbortAsync(id, "spam"));
        var result = await nodes[0].Cluster.AbortUserAsync("ann", "banned");

        Assert.Equal(2, result.Connections);
        Assert.All(members, member => Assert.Equal(CloseCause.Abort, member.Messages.CloseReason?.Cause));
        Assert.Equal(
            ["banned", "banned", "spam"], members.Select(member => member.Messages.CloseReason?.Description));
        Assert.Equal(ClusterSendResult.NotFound, await nodes[0].Cluster.AbortAsync(id, "again"));
    });

    [Fact]
    public Task Connection_keeps_its_user_and_its_type() => RunAsync(async world =>
    {
        var node = await world.StartAsync("n0");
        var member = node.NewMember();
        node.Cluster.Register(member.Messages);
        node.Cluster.Register(member.Messages, "ann");
        node.Cluster.Register(member.Messages, "ann");

        var user = Assert.Throws<InvalidOperationException>(() => node.Cluster.Register(member.Messages, "bob"));
        var type = Assert.Throws<InvalidOperationException>(
            () => node.Cluster.Register(member.Connection.AsMessages(Codec.LengthPrefixed(maxLength: 10))));

        Assert.Contains("\"ann\" already, and cannot change to \"bob\"", user.Message, StringComparison.Ordinal);
        Assert.Contains("another type", type.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Members_of_all_nodes_are_counted_and_listed() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(3);
        for (var i = 0; i < 7; i++)
            nodes[0].Join("room");
        var gone = nodes[2].Join("room");
        var named = nodes[2].NewMember();
        var id = nodes[2].Cluster.Register(named.Messages, "ann");
        nodes[2].Group("room").Join(named.Messages);
        nodes[2].Group("room").Leave(gone.Messages);

        var count = await nodes[1].Group("room").Presence.CountAsync();
        var members = await nodes[1].Group("room").Presence.ListAsync(pageSize: 3).ToListAsync();

        Assert.Equal((8L, true), (count.Count, count.IsComplete));
        Assert.Equal(8, members.Select(member => member.ConnectionId).Distinct().Count());
        Assert.Equal(7, members.Count(member => member.Node == nodes[0].Cluster.Self && member.User is null));
        Assert.Equal(new ClusterMember(id, "ann", nodes[2].Cluster.Self), members[^1]);
        Assert.Equal(0, (await nodes[1].Group("empty").Presence.CountAsync()).Count);
        Assert.Equal(1, (await nodes[0].Cluster.GetUserPresence("ann").CountAsync()).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => nodes[1].Group("room").Presence.ListAsync(pageSize: 0));
    });

    [Fact]
    public Task Watch_follows_joins_leaves_and_the_end_of_a_node() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(3);
        var (own, there) = (nodes[0].Join("room"), nodes[1].Join("room"));
        var present = new HashSet<string>();
        using var stop = new CancellationTokenSource();
        var watching = FollowAsync(nodes[0].Group("room").Presence, present, stop.Token);
        await world.UntilAsync(() => Count(present) == 2, "those that are there are known");

        var later = nodes[2].Join("room");
        nodes[2].Join("other room");
        await world.UntilAsync(() => Count(present) == 3, "the third is known");
        nodes[1].Group("room").Leave(there.Messages);
        own.Connection.Abort();
        await world.UntilAsync(() => Count(present) == 1, "two have left");
        await nodes[2].StopAsync();

        await world.UntilAsync(() => Count(present) == 0, "the members of a node that has left are gone");
        Assert.NotEmpty(later.Connection.ConnectionId);
        stop.Cancel(); // On this thread, which a simulation needs.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    });

    [Fact]
    public Task Fleet_reports_what_each_node_holds() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2);
        nodes[1].Join("a");
        nodes[1].Join("b");

        var fleet = await nodes[0].Cluster.GetFleetAsync();

        Assert.Equal([nodes[0].Cluster.Self, nodes[1].Cluster.Self], fleet.Select(one => one.Node));
        Assert.Equal((2, 2, 0L), (fleet[1].Counts?.Connections, fleet[1].Counts?.Groups, fleet[1].Counts?.MissedMessages));
    });

    [Fact]
    public Task Addressed_message_on_another_node_belongs_to_the_trace_of_the_sender() => RunAsync(async world =>
    {
        using var traces = new Traces();
        var nodes = await world.StartAsync(2);
        var member = nodes[1].NewMember();
        var id = nodes[1].Cluster.Register(member.Messages, "ann");
        var toOne = traces.Start();

        await nodes[0].Cluster.SendAsync(id, "to one");
        toOne.Dispose();
        var toUser = traces.Start();
        await nodes[0].Cluster.SendToUserAsync("ann", "to a user");
        toUser.Dispose();
        await nodes[0].Cluster.SendAsync(id, "not traced");

        Assert.Equal(["to one", "to a user", "not traced"], member.Lines);
        var (one, user) = (Assert.Single(traces.Of(toOne)), Assert.Single(traces.Of(toUser)));
        Assert.Equal((toOne.SpanId, true), (one.ParentSpanId, one.HasRemoteParent));
        Assert.Equal((toUser.SpanId, true), (user.ParentSpanId, user.HasRemoteParent));
        Assert.Equal(member.Connection.ConnectionId, one.GetTagItem("sockeye.connection.id"));
        // The name of a user is for no one who reads traces.
        Assert.Empty(user.TagObjects);
    });

    private protected abstract Task RunAsync(Func<ClusterWorld, Task> test);

    private static int Count(HashSet<string> present)
    {
        lock (present)
            return present.Count;
    }

    private static async Task FollowAsync(ClusterPresence presence, HashSet<string> present, CancellationToken stop)
    {
        await foreach (var (kind, member) in presence.WatchAsync(stop))
        {
            lock (present)
            {
                if (kind is PresenceChangeKind.Joined)
                    Assert.True(present.Add(member!.ConnectionId), "A member joins once.");
                else
                    Assert.True(present.Remove(member!.ConnectionId), "A member that leaves was there.");
            }
        }
    }
}
