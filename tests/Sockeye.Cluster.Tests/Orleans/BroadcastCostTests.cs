using Microsoft.Extensions.DependencyInjection;
using Sockeye.Clustering.Tests.Support;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

public sealed class BroadcastCostTests
{
    [Fact]
    public async Task Broadcast_is_one_call_to_each_other_node_that_subscribes_and_none_to_the_grain()
    {
        const int broadcasts = 20;
        var count = new DeliverCount();
        await using var first = await TestSilo.StartAsync((silo, port) =>
        {
            silo.UseLocalhostClustering(port, gatewayPort: 0);
            silo.Services.AddSingleton<IOutgoingGrainCallFilter>(count);
        });
        await using var second = await TestSilo.StartLocalAsync(first);
        await using var third = await TestSilo.StartLocalAsync(first);
        await using var fourth = await TestSilo.StartLocalAsync(first);
        TestSilo[] silos = [first, second, third, fourth];
        List<TestNode> nodes = [];
        foreach (var silo in silos)
            nodes.Add(await TestNode.StartAsync(new OrleansClusterEngine(silo.Services), "cost", $"n{nodes.Count}"));
        foreach (var node in nodes.Take(3))
            await node.SubscribeAsync("news");
        await nodes[0].RouteAsync("news", nodes[1], nodes[2]);
        // After these, no call for a probe is on its way.
        nodes[0].Publish("news", "begin");
        await nodes[1].Events.UntilFrameAsync("begin");
        await nodes[2].Events.UntilFrameAsync("begin");

        var (frames, topics) = (count.Frames, count.Topics);
        for (var i = 0; i < broadcasts; i++)
        {
            nodes[0].Publish("news", $"{i}");
            // The next one does not share a call with this one.
            await nodes[1].Events.UntilFrameAsync($"{i}");
            await nodes[2].Events.UntilFrameAsync($"{i}");
        }

        Assert.Equal(2 * broadcasts, count.Frames - frames);
        Assert.Equal(0, count.Topics - topics);
        Assert.Empty(nodes[3].Events.Frames);
        foreach (var node in nodes)
            await node.DisposeAsync();
    }
}
