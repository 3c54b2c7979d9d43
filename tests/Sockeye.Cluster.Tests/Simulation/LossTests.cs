using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Lost messages are sent again or reported, whichever is lost.</summary>
public sealed class LossTests
{
    [Theory, InlineData(0), InlineData(100)]
    public void Message_that_is_lost_between_others(int ring) => Run(ring, async (world, sender, member, node) =>
    {
        sender.Group("room").Broadcast("1");
        DropNext(sender, SpyEngine.Broadcast);
        sender.Group("room").Broadcast("2");
        sender.Group("room").Broadcast("3");
        await world.PassBeatsAsync(4);

        Check(member, node, ring > 0 ? ["1", "2", "3"] : ["1", "3"], missed: ring > 0 ? 0 : 1);
    });

    [Theory, InlineData(0), InlineData(100)]
    public void Message_that_is_lost_and_that_no_other_follows(int ring) => Run(ring, async (world, sender, member, node) =>
    {
        sender.Group("room").Broadcast("1");
        DropNext(sender, SpyEngine.Broadcast);
        sender.Group("room").Broadcast("2");
        await world.PassBeatsAsync(5);

        Check(member, node, ring > 0 ? ["1", "2"] : ["1"], missed: ring > 0 ? 0 : 1);
    });

    [Theory, InlineData(0), InlineData(100)]
    public void First_message_of_a_sender(int ring) => Run(ring, async (world, sender, member, node) =>
    {
        DropNext(sender, SpyEngine.Broadcast);
        sender.Group("room").Broadcast("1");
        sender.Group("room").Broadcast("2");
        await world.PassBeatsAsync(5);

        Check(member, node, ring > 0 ? ["1", "2"] : ["2"], missed: ring > 0 ? 0 : 1);
    });

    [Fact]
    public void First_message_to_a_member_of_a_sender_that_has_sent_before() => Run(100, async (world, sender, _, node) =>
    {
        sender.Group("other").Broadcast("1");
        var member = node.Join("other");
        await world.PassBeatsAsync(3);
        DropNext(sender, SpyEngine.Broadcast);
        sender.Group("other").Broadcast("2");
        sender.Group("other").Broadcast("3");
        await world.PassBeatsAsync(5);

        Check(member, node, ["2", "3"], missed: 0);
    });

    [Theory, InlineData(0), InlineData(100)]
    public void All_messages_of_a_partition_that_nothing_was_heard_of_before(int ring) =>
        Run(ring, async (world, sender, member, node) =>
        {
            using (world.Network.Partition(world.Host(sender), world.Host(node)))
            {
                await world.PassBeatsAsync(1);
                sender.Group("room").Broadcast("1");
                await world.PassBeatsAsync(3);
                sender.Group("room").Broadcast("2");
                await world.PassBeatsAsync(20);
            }

            await world.PassBeatsAsync(8);
            Check(member, node, ring > 0 ? ["1", "2"] : [], missed: ring > 0 ? 0 : 2);
            Assert.Equal(
                [ClusterNodeChangeKind.Joined, ClusterNodeChangeKind.Lost, ClusterNodeChangeKind.Returned],
                node.Changes(sender.Cluster.Self.Name));
        });

    [Fact]
    public void All_messages_of_a_stream_that_does_not_end() => Run(0, async (world, sender, member, node) =>
    {
        sender.Engine.Outgoing = frame => SpyEngine.KindOf(frame) == SpyEngine.Broadcast ? null : frame;
        for (var i = 0; i < 100; i++)
        {
            sender.Group("room").Broadcast($"{i}");
            await world.PassBeatsAsync(0.1);
        }

        Assert.Empty(member.Lines);
        Assert.InRange(node.Gaps.Sum(gap => gap.Count), 60, 100);
    });

    [Fact]
    public void Last_message_of_a_node_that_stops() => Run(0, async (world, sender, member, node) =>
    {
        sender.Group("room").Broadcast("1");
        DropNext(sender, SpyEngine.Broadcast);
        sender.Group("room").Broadcast("2");
        await sender.StopAsync();
        await world.PassBeatsAsync(4);

        Check(member, node, ["1"], missed: 1);
    });

    [Fact]
    public void Message_that_is_lost_again_when_it_is_sent_again() => Run(100, async (world, sender, member, node) =>
    {
        sender.Group("room").Broadcast("1");
        DropNext(sender, SpyEngine.Broadcast, SpyEngine.Broadcast, SpyEngine.Repaired);
        sender.Group("room").Broadcast("2");
        sender.Group("room").Broadcast("3");
        sender.Group("room").Broadcast("4");
        await world.PassBeatsAsync(8);

        Check(member, node, ["1", "4"], missed: 2);
    });

    [Fact]
    public void Gap_is_logged_and_says_why() => Run(0, async (world, sender, _, node) =>
    {
        sender.Group("room").Broadcast("1");
        DropNext(sender, SpyEngine.Broadcast);
        var lost = sender.Group("room").Broadcast("2");
        sender.Group("room").Broadcast("3");
        await world.PassBeatsAsync(1);

        Assert.Equal(
            new GroupGap("room", "n1", lost, 1, "the group keeps no messages to send again (MaxReplayMessages)"),
            Assert.Single(node.Gaps));
        var line = Assert.Single(node.Log.WithId(1908));
        Assert.Contains("Group room on this node has missed 1 messages of node n1", line.Message, StringComparison.Ordinal);
    });

    private static void Run(int ring, Func<SimulatedWorld, WorldNode, WorldMember, WorldNode, Task> test) =>
        SimulatedWorld.Run(async world =>
        {
            var nodes = await world.StartAsync(2, options => options.GroupOptions.MaxReplayMessages = ring);
            var member = nodes[0].Join("room");
            await world.PassBeatsAsync(3);
            await test(world, nodes[1], member, nodes[0]);
        });

    private static void DropNext(WorldNode node, params byte[] kinds)
    {
        var left = kinds.ToList();
        node.Engine.Outgoing = frame => left.Remove(SpyEngine.KindOf(frame)) ? null : frame;
    }

    private static void Check(WorldMember member, WorldNode node, string[] lines, long missed)
    {
        Assert.Equal(lines, member.Lines);
        Assert.Equal(missed, node.Gaps.Sum(gap => gap.Count));
        Assert.Equal(missed > 0, node.Gaps.Count > 0);
    }
}
