using System.Diagnostics;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Contract;

/// <summary>What clusters do on every engine. A derived class provides the engines.</summary>
public abstract class ClusterContract
{
    /// <summary>More than what engines and systems buffer between two nodes.</summary>
    private const int ManyMessages = 2500;

    [Fact]
    public Task Message_reaches_the_members_on_all_nodes_once_and_in_the_order_of_its_sender() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(3);
        var members = nodes.SelectMany(node => (WorldMember[])[node.Join("room"), node.Join("room")]).ToArray();
        await world.UntilRoutedAsync("room", members);

        for (var i = 0; i < 100; i++)
            nodes[i % 3].Group("room").Broadcast($"{i % 3}:{i}");

        foreach (var member in members)
        {
            await world.UntilAsync(() => member.Lines.Count >= 100, "all messages have arrived");
            Assert.Equal(100, member.Lines.Count);
            for (var sender = 0; sender < 3; sender++)
            {
                Assert.Equal(
                    Enumerable.Range(0, 100).Where(i => i % 3 == sender).Select(i => $"{sender}:{i}"),
                    member.Lines.Where(line => line.StartsWith($"{sender}:", StringComparison.Ordinal)));
            }
        }
    });

    [Fact]
    public Task Members_on_the_senders_node_receive_a_message_before_the_call_returns_but_for_the_excepted_one() =>
        RunAsync(async world =>
        {
            var node = await world.StartAsync("n0");
            var (author, other) = (node.Join("room"), node.Join("room"));

            node.Group("room").Broadcast("to all");
            node.Group("room").Broadcast("to others", author.Messages);

            Assert.Equal(["to all"], author.Lines);
            Assert.Equal(["to all", "to others"], other.Lines);
        });

    [Fact]
    public Task Message_is_encoded_once_and_crosses_once_to_each_node_with_members() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(3);
        var members = nodes[..2].SelectMany(node => (WorldMember[])[node.Join("room"), node.Join("room"), node.Join("room")])
            .ToArray();
        await world.UntilRoutedAsync("room", members);
        var (encoded, decoded) = (world.Codec.Encoded, world.Codec.Decoded);
        var counts = nodes.Select(node => node.Engine.ReceivedCount(SpyEngine.Broadcast)).ToArray();

        for (var i = 0; i < 10; i++)
            nodes[0].Group("room").Broadcast($"{i}");

        await world.UntilAsync(() => members.All(member => member.Lines.Count == 10), "all messages have arrived");
        Assert.Equal((encoded + 10, decoded), (world.Codec.Encoded, world.Codec.Decoded));
        Assert.Equal(
            [counts[0], counts[1] + 10, counts[2]], nodes.Select(node => node.Engine.ReceivedCount(SpyEngine.Broadcast)));
    });

    [Fact]
    public Task Members_with_another_codec_receive_the_message_in_theirs() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2);
        var other = Codec.Lines(maxLength: 1000);
        WorldMember[] members = [nodes[0].Join("room", other), nodes[1].Join("room", other), nodes[1].Join("room", other)];
        await world.UntilRoutedAsync("room", members);
        var decoded = world.Codec.Decoded;

        nodes[0].Group("room").Broadcast("grüezi");

        await world.UntilAsync(() => members.All(member => member.Lines.Count == 1), "the message has arrived");
        Assert.All(members, member => Assert.Equal(["grüezi"], member.Lines));
        Assert.Equal(decoded + 1, world.Codec.Decoded);
    });

    [Fact]
    public Task Group_may_have_any_name_of_512_bytes() => RunAsync(async world =>
    {
        string[] names = [" ", ".", "*", ">", "a.>", "$SYS.x", "Straße/部屋?🐟", new('x', 512), "\0\n"];
        var nodes = await world.StartAsync(2);
        var members = names.ToDictionary(name => name, name => nodes[1].Join(name));
        foreach (var (name, member) in members)
            await world.UntilRoutedAsync(name, member);

        foreach (var (name, index) in names.Select((name, index) => (name, index)))
            nodes[0].Group(name).Broadcast($"{index}");

        foreach (var (name, index) in names.Select((name, index) => (name, index)))
            await world.UntilAsync(() => members[name].Lines.SequenceEqual([$"{index}"]), $"the message of group {index}");
        Assert.Contains(
            "513 bytes of UTF-8; the maximum is 512",
            Assert.Throws<ArgumentException>(() => nodes[0].Group(new('x', 513))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => nodes[0].Group(""));
    });

    [Fact]
    public Task Use_of_a_group_with_another_type_or_other_options_is_an_error_that_names_it() => RunAsync(async world =>
    {
        var node = await world.StartAsync("n0", options => options.AddMessage(Codec.LengthPrefixed(maxLength: 10), "bytes"));
        node.Join("room");

        var type = Assert.Throws<InvalidOperationException>(
            () => node.Cluster.Group<ReadOnlyMemory<byte>>("room").Broadcast(new byte[1]));
        Assert.Contains("\"room\" carries System.String", type.Message, StringComparison.Ordinal);
        var options = Assert.Throws<InvalidOperationException>(
            () => node.Cluster.Group<string>("room", new() { MaxReplayMessages = 1 }).Broadcast("x"));
        Assert.Contains("\"room\" is in use with other options", options.Message, StringComparison.Ordinal);
        var unknown = Assert.Throws<InvalidOperationException>(() => node.Cluster.Group<Uri>("room"));
        Assert.Contains("AddMessage", unknown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Node_that_stops_has_left_and_one_that_starts_again_is_another_incarnation() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2);
        var before = nodes[1].Cluster.Self;

        await nodes[1].StopAsync();
        await world.UntilAsync(() => nodes[0].Cluster.OtherNodes.Count == 0, "the node has left");
        var again = await world.StartAsync("n1");

        Assert.Equal(
            [ClusterNodeChangeKind.Joined, ClusterNodeChangeKind.Left, ClusterNodeChangeKind.Joined], nodes[0].Changes("n1"));
        Assert.NotEqual(before, again.Cluster.Self);
        Assert.Equal([again.Cluster.Self], nodes[0].Cluster.OtherNodes);
    });

    [Fact]
    public Task Client_that_moves_to_another_node_misses_nothing_and_receives_nothing_twice() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(3, options => options.GroupOptions.MaxReplayMessages = 1000);
        var (first, stays) = (nodes[0].Join("room"), nodes[1].Join("room"));
        await world.UntilRoutedAsync("room", first, stays);
        nodes[2].Group("room").Broadcast("before");
        await world.UntilAsync(() => first.Lines.Count == 1 && stays.Lines.Count == 1, "the first message has arrived");
        var position = nodes[0].Group("room").Position;
        Assert.True(nodes[0].Group("room").Leave(first.Messages));

        for (var i = 0; i < 10; i++)
            nodes[2 * (i % 2)].Group("room").Broadcast($"meanwhile {i}");
        var second = nodes[1].NewMember();
        var result = await nodes[1].Group("room").JoinAsync(second.Messages, position);
        nodes[2].Group("room").Broadcast("after");

        await world.UntilAsync(() => second.Lines.Count >= 11, "the last message has arrived");
        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => $"meanwhile {i}").Append("after").Order(), second.Lines.Order());
        Assert.True(result.IsComplete, string.Join(", ", result.Missing));
        Assert.Equal("after", second.Lines[^1]);
    });

    [Fact]
    public Task Position_that_is_too_old_says_what_is_missing() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2, options => options.GroupOptions.MaxReplayMessages = 3);
        nodes[0].Join("room");
        var first = nodes[0].Group("room").Broadcast("1");
        for (var i = 2; i <= 10; i++)
            nodes[0].Group("room").Broadcast($"{i}");

        var member = nodes[1].NewMember();
        var result = await nodes[1].Group("room").JoinAsync(member.Messages, GroupPosition.Start.Include(first));

        Assert.Equal(["8", "9", "10"], member.Lines);
        var missing = Assert.Single(result.Missing);
        Assert.Equal((first with { Number = 2 }, 6L, "n0"), (missing.First, missing.Count, missing.NodeName));
    });

    [Theory, InlineData(SlowNodePolicy.Drop), InlineData(SlowNodePolicy.Disconnect)]
    public Task Full_queue_to_a_slow_node_loses_messages_which_the_node_reports(SlowNodePolicy policy) => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(3, options => Bound(options, policy));
        var members = nodes.Select(node => node.Join("room")).ToArray();
        await world.UntilRoutedAsync("room", members);
        var sent = 0;
        await using (await world.HoldAsync(nodes[0], nodes[1]))
        {
            // What buffers of the system hold does not count.
            while (DroppedFrames(nodes) < 20 && sent < ManyMessages)
            {
                nodes[0].Group("room").Broadcast(LongLine(sent++));
                if (world.HoldsOneNode)
                    await world.UntilAsync(() => members[2].Lines.Count == sent, "the other node is not delayed");
            }

            Assert.InRange(DroppedFrames(nodes), 20, ManyMessages);
            Assert.Equal(sent, members[0].Lines.Count);
        }

        await world.UntilAsync(
            () => members[1].Lines.Count + nodes[1].Gaps.Sum(gap => gap.Count) >= sent, "each message has arrived or is missed");
        Assert.Equal(sent, members[1].Lines.Count + nodes[1].Gaps.Sum(gap => gap.Count));
        Assert.Equal(members[1].Lines.Order(StringComparer.Ordinal), members[1].Lines);
        if (policy is SlowNodePolicy.Disconnect)
            Assert.Equal(LongLine(sent - 1), members[1].Lines[^1]);
        else
            Assert.Equal(LongLine(0), members[1].Lines[0]);
        nodes[0].Group("room").Broadcast("later");
        await world.UntilAsync(() => members[1].Lines[^1] == "later", "later messages arrive");
    });

    [Fact]
    public Task Broadcast_waits_for_a_slow_node_which_then_misses_nothing() => RunAsync(async world =>
    {
        var nodes = await world.StartAsync(2, options => Bound(options, SlowNodePolicy.Wait));
        WorldMember[] members = [nodes[0].Join("room"), nodes[1].Join("room")];
        await world.UntilRoutedAsync("room", members);
        var sending = Task.CompletedTask;
        await using (await world.HoldAsync(nodes[0], nodes[1]))
        {
            sending = SendAsync(nodes[0]);
            await world.UntilAsync(
                () => nodes.Sum(node => node.Cluster.GetStatus().Queues.Bytes) > 32 * 1024, "the queue is full");
            Assert.False(sending.IsCompleted);
        }

        await sending;
        await world.UntilAsync(() => members[1].Lines.Count >= ManyMessages, "all messages have arrived");
        Assert.Equal(Enumerable.Range(0, ManyMessages).Select(LongLine), members[1].Lines);
        Assert.Equal(members[0].Lines, members[1].Lines);
        Assert.Empty(nodes[1].Gaps);
        Assert.Equal(0, DroppedFrames(nodes));

        static async Task SendAsync(WorldNode node)
        {
            for (var i = 0; i < ManyMessages; i++)
                await node.Group("room").BroadcastAsync(LongLine(i));
        }
    });

    [Fact]
    public Task Messages_of_another_node_wait_for_a_slow_member_and_delay_no_other_node() => RunAsync(async world =>
    {
        const int count = 8;
        var nodes = await world.StartAsync(3, options => WaitForMembers(options, maxQueued: count));
        WorldMember[] members = [.. nodes.Select(node => node.Join("room")), nodes[1].Join("room")];
        await world.UntilRoutedAsync("room", members);
        using (members[1].Connection.Block())
        {
            for (var i = 0; i < count; i++)
                await nodes[0].Group("room").BroadcastAsync($"{i}");
            await world.UntilAsync(
                () => members[0].Lines.Count == count && members[2].Lines.Count == count, "other nodes have all");
        }

        await world.UntilAsync(() => members.All(member => member.Lines.Count >= count), "all have all");
        Assert.All(members, member => Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), member.Lines));
        Assert.All(nodes, node => Assert.Empty(node.Gaps));
    });

    [Fact]
    public Task Burst_of_another_node_is_not_missed_by_members_that_are_fast_enough() => RunAsync(async world =>
    {
        const int count = 500;
        var nodes = await world.StartAsync(2, options => WaitForMembers(options, maxQueued: 4));
        var member = nodes[1].Join("room");
        await world.UntilRoutedAsync("room", member);

        for (var i = 0; i < count; i++)
            await nodes[0].Group("room").BroadcastAsync($"{i}");

        await world.UntilAsync(() => member.Lines.Count + nodes[1].Gaps.Sum(gap => gap.Count) >= count, "all have arrived");
        Assert.Empty(nodes[1].Gaps);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), member.Lines);
    });

    [Fact]
    public Task Messages_of_another_node_that_wait_for_too_slow_a_member_are_missed_and_reported() => RunAsync(async world =>
    {
        const int count = 50;
        var nodes = await world.StartAsync(2, options => WaitForMembers(options, maxQueued: 4));
        var (slow, fast) = (nodes[1].Join("room"), nodes[1].Join("room"));
        await world.UntilRoutedAsync("room", slow, fast);
        using (slow.Connection.Block())
        {
            var before = nodes[1].Engine.ReceivedCount(SpyEngine.Broadcast);
            for (var i = 0; i < count; i++)
                await nodes[0].Group("room").BroadcastAsync($"{i:d2}");
            await world.UntilAsync(
                () => nodes[1].Engine.ReceivedCount(SpyEngine.Broadcast) >= before + count, "all have arrived at the node");
        }

        await world.UntilAsync(
            () => slow.Lines.Count + nodes[1].Gaps.Sum(gap => gap.Count) >= count && fast.Lines.Count == slow.Lines.Count,
            "each message is received or missed");
        Assert.Equal(count, slow.Lines.Count + nodes[1].Gaps.Sum(gap => gap.Count));
        Assert.InRange(slow.Lines.Count, 5, 30);
        Assert.Equal(slow.Lines.Order(StringComparer.Ordinal), slow.Lines);
        Assert.Equal(slow.Lines, fast.Lines);
        Assert.All(nodes[1].Gaps, gap => Assert.Contains("MaxQueuedMessages", gap.Reason, StringComparison.Ordinal));
        await nodes[0].Group("room").BroadcastAsync("later");
        await world.UntilAsync(() => slow.Lines[^1] == "later" && fast.Lines[^1] == "later", "later messages arrive");
    });

    [Fact]
    public Task Delivery_on_another_node_belongs_to_the_trace_of_the_sender() => RunAsync(async world =>
    {
        using var traces = new Traces();
        var nodes = await world.StartAsync(3);
        var members = nodes.Select(node => node.Join("room")).ToArray();
        await world.UntilRoutedAsync("room", members);
        var sending = traces.Start();

        nodes[0].Group("room").Broadcast("traced");
        sending.Dispose();
        nodes[0].Group("room").Broadcast("not traced");

        await world.UntilAsync(() => members.All(member => member.Lines.Count == 2), "both messages have arrived");
        await world.UntilAsync(() => traces.Of(sending).Count >= 2, "the deliveries have ended");
        Assert.Equal(2, traces.Of(sending).Count);
        Assert.All(traces.Of(sending), delivery =>
        {
            Assert.Equal(("sockeye.cluster.deliver", ActivityKind.Consumer), (delivery.OperationName, delivery.Kind));
            Assert.Equal((sending.SpanId, true), (delivery.ParentSpanId, delivery.HasRemoteParent));
            Assert.Equal("room", delivery.GetTagItem("sockeye.group"));
        });
    });

    private static string LongLine(int number) => $"{number:d5} {new string('x', 9000)}";

    private static long DroppedFrames(WorldNode[] nodes) =>
        nodes.Sum(node => node.Cluster.GetStatus().Queues.DroppedFrames);

    private static void Bound(ClusterOptions options, SlowNodePolicy policy)
    {
        options.MaxQueuedBytes = 64 * 1024;
        options.SlowNode = policy;
    }

    private static void WaitForMembers(ClusterOptions options, int maxQueued)
    {
        options.GroupOptions.SlowMember = SlowMemberPolicy.Wait;
        options.GroupOptions.MaxQueuedMessages = maxQueued;
    }

    private protected abstract Task RunAsync(Func<ClusterWorld, Task> test);
}
