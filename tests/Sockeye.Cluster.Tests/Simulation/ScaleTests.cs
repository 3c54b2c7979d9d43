using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>The counts that docs/scale.md computes, on 50 nodes with 100,000 members.</summary>
public sealed class ScaleTests
{
    private const int Nodes = 50;
    private const int MembersPerNode = 2000;
    private const int Beats = 10;

    [Fact]
    public void Fifty_nodes_with_100_000_members_exchange_what_is_computed() => SimulatedWorld.Run(async world =>
    {
        var nodes = await world.StartAsync(Nodes);
        var received = 0;
        foreach (var node in nodes)
        {
            for (var i = 0; i < MembersPerNode; i++)
                node.Group("all").Join(new MemberConnection(_ => received++).AsMessages(world.Codec));
        }

        await world.PassBeatsAsync(2);
        nodes[7].Group("all").Broadcast("to all");
        Assert.Equal(MembersPerNode, received);
        await world.PassBeatsAsync(1);

        Assert.Equal(Nodes * MembersPerNode, received);
        await CheckBroadcastsAsync(world, nodes);
        await CheckBeatsAsync(world, nodes);
        await CheckHeadsAsync(world, nodes);
        await CheckUsersAsync(world, nodes);
        Assert.All(nodes, node => Assert.Empty(node.Gaps));
    });

    /// <summary>Members on k nodes: k − 1 messages between nodes if the sender is on one of them, else k.</summary>
    private static async Task CheckBroadcastsAsync(SimulatedWorld world, WorldNode[] nodes)
    {
        foreach (var k in (int[])[1, 2, 10, Nodes])
        {
            foreach (var node in nodes[..k])
                node.Join($"on {k}");
            await world.PassBeatsAsync(1);
            Assert.Equal(k - 1, await CountAsync(nodes[0], k));
            if (k < Nodes)
                Assert.Equal(k, await CountAsync(nodes[^1], k));
        }

        async Task<int> CountAsync(WorldNode sender, int k)
        {
            var before = Received(nodes, SpyEngine.Broadcast);
            sender.Group($"on {k}").Broadcast("hello");
            await world.PassBeatsAsync(1);
            return Received(nodes, SpyEngine.Broadcast) - before;
        }
    }

    /// <summary>At rest, each node announces itself once a beat, and nothing else passes.</summary>
    private static async Task CheckBeatsAsync(SimulatedWorld world, WorldNode[] nodes)
    {
        await world.PassBeatsAsync(8); // The heads of the broadcasts are announced.
        var (sent, received) = (Total(nodes, node => node.Sent), Total(nodes, node => node.Received));
        var (beats, bytes) = (Sent(nodes, SpyEngine.Beat), Bytes(nodes, SpyEngine.Beat));
        await world.PassBeatsAsync(Beats);

        Assert.Equal(Beats * Nodes, Sent(nodes, SpyEngine.Beat) - beats);
        Assert.Equal(Beats * Nodes, Total(nodes, node => node.Sent) - sent);
        Assert.Equal(Beats * Nodes * (Nodes - 1), Total(nodes, node => node.Received) - received);
        Assert.InRange((Bytes(nodes, SpyEngine.Beat) - bytes) / (double)(Beats * Nodes), 16, 20);
    }

    /// <summary>Each node announces the head of each group that it has sent to, to all nodes, for five beats.</summary>
    private static async Task CheckHeadsAsync(SimulatedWorld world, WorldNode[] nodes)
    {
        const int groups = 100;
        var (sent, bytes) = (Sent(nodes, SpyEngine.Heads), Bytes(nodes, SpyEngine.Heads));
        var received = Received(nodes, SpyEngine.Heads);
        foreach (var node in nodes)
        {
            for (var i = 0; i < groups; i++)
                node.Group($"group {i}").Broadcast("hello");
        }

        await world.PassBeatsAsync(Beats);

        Assert.Equal(5 * Nodes, Sent(nodes, SpyEngine.Heads) - sent);
        Assert.Equal(5 * Nodes * (Nodes - 1), Received(nodes, SpyEngine.Heads) - received);
        Assert.InRange((Bytes(nodes, SpyEngine.Heads) - bytes) / (double)(5 * Nodes * groups), 11, 12);
    }

    /// <summary>A node that sends to users asks each other one once a beat, and is answered.</summary>
    private static async Task CheckUsersAsync(SimulatedWorld world, WorldNode[] nodes)
    {
        foreach (var node in nodes[..3])
            node.Cluster.Register(node.NewMember().Messages, "ann");
        await nodes[^1].Cluster.SendToUserAsync("ann", "the first call");
        await world.PassBeatsAsync(2);
        var (asked, answered) = (Received(nodes, SpyEngine.Follow), Received(nodes, SpyEngine.Changes));
        await world.PassBeatsAsync(Beats);

        Assert.Equal(Beats * (Nodes - 1), Received(nodes, SpyEngine.Follow) - asked);
        Assert.Equal(Beats * (Nodes - 1), Received(nodes, SpyEngine.Changes) - answered);
        var before = Received(nodes, SpyEngine.SendToUser);
        Assert.Equal(3, (await nodes[^1].Cluster.SendToUserAsync("ann", "hello")).Connections);
        Assert.Equal(3, Received(nodes, SpyEngine.SendToUser) - before);
    }

    private static int Sent(WorldNode[] nodes, byte kind) => nodes.Sum(node => node.Engine.SentCount(kind));

    private static int Received(WorldNode[] nodes, byte kind) => nodes.Sum(node => node.Engine.ReceivedCount(kind));

    private static long Bytes(WorldNode[] nodes, byte kind) => nodes.Sum(node => node.Engine.SentBytes(kind));

    private static int Total(WorldNode[] nodes, Func<SpyEngine, int> count) => nodes.Sum(node => count(node.Engine));
}
