using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Nodes that fail, are cut off or slow, and an engine that is away.</summary>
public sealed class FailureTests
{
    [Fact]
    public void Node_that_crashes_is_lost_within_the_timeout_and_a_beat() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(2);
        await world.PassBeatsAsync(3);
        var begun = world.Network.Elapsed;

        world.Host(nodes[1]).Crash();
        await world.UntilAsync(() => nodes[0].Cluster.OtherNodes.Count == 0, "the node is lost");

        Assert.InRange(world.Network.Elapsed - begun, 3 * world.BeatInterval, 5 * world.BeatInterval);
        Assert.Equal([ClusterNodeChangeKind.Joined, ClusterNodeChangeKind.Lost], nodes[0].Changes("n1"));
        Assert.Single(nodes[0].Log.WithId(1903));
    });

    [Fact]
    public void Engine_that_is_away_does_not_stop_local_delivery_and_recovers() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(2, options => options.GroupOptions.MaxReplayMessages = 100);
        WorldMember[] members = [nodes[0].Join("room"), nodes[1].Join("room")];
        await world.UntilRoutedAsync("room", members);
        using (world.Bus.Disconnect(world.Host(nodes[0])))
        {
            Assert.False(nodes[0].Cluster.IsConnected);
            nodes[0].Group("room").Broadcast("inside");
            Assert.Equal(["inside"], members[0].Lines);
            nodes[1].Group("room").Broadcast("outside");
            await world.PassBeatsAsync(10);
            Assert.Equal(["inside"], members[0].Lines);
            Assert.Equal(["outside"], members[1].Lines);
        }

        Assert.True(nodes[0].Cluster.IsConnected);
        await world.PassBeatsAsync(8);
        Assert.Equal(["inside", "outside"], members[0].Lines);
        Assert.Equal(["outside", "inside"], members[1].Lines);
        Assert.Empty(nodes[0].Gaps.Concat(nodes[1].Gaps));
    });

    [Fact]
    public void Join_with_a_position_waits_for_an_engine_that_is_away_no_longer_than_the_timeout() =>
        SimulatedWorld.Run(async world =>
        {
            var nodes = await world.StartAsync(2, options => options.GroupOptions.MaxReplayMessages = 100);
            using (world.Bus.Disconnect(world.Host(nodes[0])))
            {
                nodes[0].Group("room").Broadcast("1");
                var (member, begun) = (nodes[0].NewMember(), world.Network.Elapsed);
                var result = await nodes[0].Group("room").JoinAsync(member.Messages, GroupPosition.Start);

                Assert.InRange(world.Network.Elapsed - begun, TimeSpan.Zero, 4.5 * world.BeatInterval);
                Assert.Equal(["1"], member.Lines);
                Assert.Equal("the node has not answered", Assert.Single(result.Missing).Reason);
            }
        });

    [Fact]
    public void Join_with_a_position_does_not_wait_for_nodes_that_do_not_use_the_group() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(3, options => options.GroupOptions.MaxReplayMessages = 100);
        nodes[1].Group("room").Broadcast("1");
        var (member, begun) = (nodes[0].NewMember(), world.Network.Elapsed);

        var result = await nodes[0].Group("room").JoinAsync(member.Messages, GroupPosition.Start);

        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
        Assert.Equal((true, 1), (result.IsComplete, result.Replayed));
        Assert.Equal(["1"], member.Lines);
    });

    [Fact]
    public void Client_that_is_ahead_of_its_new_node_receives_nothing_twice() => SimulatedWorld.Run(async world =>
    {
        // Without a ring, the new node receives the message after the client has joined with it.
        var nodes = await world.StartAsync(2);
        var stays = nodes[1].Join("room");
        await world.UntilRoutedAsync("room", stays);
        nodes[0].Engine.IsDelaying = true;
        var seen = nodes[0].Group("room").Broadcast("seen");
        var position = nodes[1].Group("room").Position.Include(seen);
        var member = nodes[1].NewMember();
        await nodes[1].Group("room").JoinAsync(member.Messages, position);
        nodes[0].Engine.IsDelaying = false;
        nodes[0].Group("room").Broadcast("new");
        await world.PassBeatsAsync(6);

        Assert.Equal(["new"], member.Lines);
        Assert.Equal(["seen", "new"], stays.Lines);
        Assert.Empty(nodes[1].Gaps);
    });

    [Fact]
    public void Subscription_lingers_and_then_ends() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(2);
        var member = nodes[1].Join("room");
        await world.UntilRoutedAsync("room", member);
        nodes[1].Group("room").Leave(member.Messages);
        var before = nodes[1].Engine.ReceivedCount(SpyEngine.Broadcast);
        nodes[0].Group("room").Broadcast("1");
        await world.PassBeatsAsync(1);
        Assert.Equal(before + 1, nodes[1].Engine.ReceivedCount(SpyEngine.Broadcast));

        await world.PassAsync(TimeSpan.FromSeconds(7));
        nodes[0].Group("room").Broadcast("2");
        await world.PassBeatsAsync(1);
        Assert.Equal(before + 1, nodes[1].Engine.ReceivedCount(SpyEngine.Broadcast));

        nodes[1].Group("room").Join(member.Messages);
        await world.PassBeatsAsync(1);
        nodes[0].Group("room").Broadcast("3");
        await world.PassBeatsAsync(1);
        Assert.Equal("3", member.Lines[^1]);
        Assert.Empty(nodes[1].Gaps);
    });

    [Fact]
    public void Unused_group_ends_and_comes_back_as_another_series() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(2);
        var first = nodes[0].Group("room").Broadcast("1");
        await world.PassAsync(TimeSpan.FromMinutes(11));
        var member = nodes[1].Join("room");
        await world.PassBeatsAsync(3);

        var again = nodes[0].Group("room").Broadcast("2");
        await world.PassBeatsAsync(3);

        Assert.True(again.Series > first.Series);
        Assert.Equal(1UL, again.Number);
        Assert.Equal(["2"], member.Lines);
        Assert.Empty(nodes[1].Gaps);
    });

    [Theory, InlineData(SlowNodePolicy.Drop), InlineData(SlowNodePolicy.Disconnect)]
    public void Full_queue_to_other_nodes_loses_messages_which_they_report(SlowNodePolicy policy) =>
        SimulatedWorld.Run(async world =>
        {
            var nodes = await world.StartAsync(2, options =>
            {
                options.MaxQueuedBytes = 64 * 1024;
                options.SlowNode = policy;
            });
            var member = nodes[1].Join("room");
            await world.UntilRoutedAsync("room", member);
            using (world.Bus.Disconnect(world.Host(nodes[0])))
            {
                for (var i = 0; i < 100; i++)
                    nodes[0].Group("room").Broadcast($"{i:d3} {new string('x', 2000)}");
            }

            await world.PassBeatsAsync(6);
            Assert.InRange(member.Lines.Count, 1, 40);
            Assert.Equal(policy is SlowNodePolicy.Drop, member.Lines[0].StartsWith("000", StringComparison.Ordinal));
            Assert.Equal(policy is SlowNodePolicy.Disconnect, member.Lines[^1].StartsWith("099", StringComparison.Ordinal));
            Assert.Equal(100, member.Lines.Count + nodes[1].Gaps.Sum(gap => gap.Count));
        });

    [Fact]
    public void Broadcast_waits_for_a_full_queue_to_other_nodes() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(2, options =>
        {
            options.MaxQueuedBytes = 64 * 1024;
            options.SlowNode = SlowNodePolicy.Wait;
        });
        var member = nodes[1].Join("room");
        await world.UntilRoutedAsync("room", member);
        var sending = Task.CompletedTask;
        using (world.Bus.Disconnect(world.Host(nodes[0])))
        {
            sending = SendAsync(nodes[0]);
            await world.PassBeatsAsync(2);
            Assert.False(sending.IsCompleted);
        }

        await sending;
        await world.PassBeatsAsync(6);
        Assert.Equal(100, member.Lines.Count);
        Assert.Empty(nodes[1].Gaps);

        static async Task SendAsync(WorldNode node)
        {
            for (var i = 0; i < 100; i++)
                await node.Group("room").BroadcastAsync($"{i:d3} {new string('x', 2000)}");
        }
    });

    [Fact]
    public void Frames_that_cannot_be_read_are_ignored_and_logged() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(2, options => options.GroupOptions.MaxReplayMessages = 100);
        var member = nodes[0].Join("room");
        await world.UntilRoutedAsync("room", member);
        var random = new Random(1);
        var sender = nodes[1].Cluster.Self.Incarnation;
        for (var i = 0; i < 20_000; i++)
        {
            var frame = new byte[random.Next(60)];
            random.NextBytes(frame);
            if (frame.Length > 10 && i % 4 != 0)
            {
                frame[0] = 1;
                frame[1] = (byte)random.Next(26);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), sender);
                if (frame.Length > 15 && i % 2 == 0)
                    "\u0004room"u8.CopyTo(frame.AsSpan(10));
            }

            nodes[0].Engine.Events.OnFrame(new(frame));
        }

        Assert.NotEmpty(nodes[0].Log.WithId(1909));
        await world.PassBeatsAsync(10);
    });
}
