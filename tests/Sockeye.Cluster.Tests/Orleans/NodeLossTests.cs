using Sockeye.Clustering.Tests.Support;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>The end of a process, and of the server with the membership table.</summary>
public sealed class NodeLossTests : IAsyncDisposable
{
    private const string Silos = "loss";

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(4);

    /// <summary>The promise to users about <see cref="DefaultTimeout"/>.</summary>
    private static readonly TimeSpan StatedTime = TimeSpan.FromSeconds(5);

    /// <summary>The node timeout of tests that do not measure it: a busy machine takes no living node for a dead one.</summary>
    private static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The timers that follow one another until a node is down: the probes, the vote and its spreading.</summary>
    private const int Timers = 5;

    private readonly List<IAsyncDisposable> _cleanup = [];

    [Fact]
    public async Task Node_that_is_killed_is_down_within_the_stated_time_and_comes_back_as_another()
    {
        var redis = await StartRedisAsync();
        var here = await StartNodeAsync(redis, "here", DefaultTimeout);
        var killed = await StartProcessAsync(redis, new("there", 1), DefaultTimeout);
        await killed.SubscribeAsync("news");
        await here.Events.UntilAsync(events => events.Up.Contains(killed.Node), "the node is up");

        await using var lateness = new TimerLateness();
        await killed.KillAsync();
        var begun = TimeProvider.System.GetTimestamp();
        await here.Events.UntilAsync(events => events.Down.Contains(killed.Node), "the node is down");
        var elapsed = TimeProvider.System.GetElapsedTime(begun);

        var late = await lateness.EndAsync();
        Assert.True(elapsed < StatedTime + Timers * late, $"The node was down after {elapsed}; timers were {late} late.");
        var again = await StartProcessAsync(redis, new("there", 2), DefaultTimeout);
        await again.SubscribeAsync("news");
        await here.Events.UntilAsync(events => events.Up.Contains(again.Node), "the node is up again");
        here.Publish("news", "hello");
        await again.UntilLineAsync(line => line == "frame hello", "a frame");
        Assert.Equal([killed.Node, again.Node], here.Events.Up);
        Assert.Equal([killed.Node], here.Events.Down);
    }

    [Fact]
    public async Task Node_that_hangs_is_down_within_the_stated_time_and_nothing_of_it_arrives_later()
    {
        var redis = await StartRedisAsync();
        var here = await StartNodeAsync(redis, "here", DefaultTimeout);
        await here.SubscribeAsync("news");
        var hung = await StartProcessAsync(redis, new("there", 1), DefaultTimeout);
        await hung.PublishAsync("news", "before");
        await here.Events.UntilFrameAsync("before");

        await using var lateness = new TimerLateness();
        await hung.SuspendAsync();
        var begun = TimeProvider.System.GetTimestamp();
        await here.Events.UntilAsync(events => events.Down.Contains(hung.Node), "the node is down");
        var elapsed = TimeProvider.System.GetElapsedTime(begun);
        await hung.PublishAsync("news", "after");
        await hung.ResumeAsync();
        await hung.UntilEndAsync();

        var late = await lateness.EndAsync();
        Assert.True(elapsed < StatedTime + Timers * late, $"The node was down after {elapsed}; timers were {late} late.");
        Assert.Equal(["before"], here.Events.Frames);
        Assert.Equal([hung.Node], here.Events.Up);
        Assert.Equal([hung.Node], here.Events.Down);
    }

    [Fact]
    public async Task Topic_survives_the_ordered_end_of_the_silo_that_hosts_its_grain()
    {
        var redis = await StartRedisAsync();
        var hostSilo = Keep(await TestSilo.StartRedisAsync(redis, Silos, LongTimeout));
        var host = Keep(await TestNode.StartAsync(new OrleansClusterEngine(hostSilo.Services), "test", "host"));
        await host.SubscribeAsync("news");
        var publisher = await StartNodeAsync(redis, "publisher", LongTimeout);
        var subscriber = await StartNodeAsync(redis, "subscriber", LongTimeout);
        await subscriber.SubscribeAsync("news");
        await publisher.RouteAsync("news", subscriber);

        await host.DisposeAsync();
        await publisher.Events.UntilAsync(events => events.Down.Contains(host.Self), "the host has left");
        await hostSilo.StopAsync();
        publisher.Publish("news", "without the host");
        await subscriber.Events.UntilFrameAsync("without the host");
        var late = await StartNodeAsync(redis, "late", LongTimeout);
        await late.SubscribeAsync("news");
        await publisher.RouteAsync("news", late);

        publisher.Publish("news", "with a new grain");
        await late.Events.UntilFrameAsync("with a new grain");
        await subscriber.Events.UntilFrameAsync("with a new grain");
    }

    [Fact]
    public async Task Topic_survives_the_death_of_the_silo_that_hosts_its_grain()
    {
        var redis = await StartRedisAsync();
        var host = await StartProcessAsync(redis, new("host", 1), LongTimeout);
        // The first caller of a grain hosts it.
        await host.SubscribeAsync("news");
        var publisher = await StartNodeAsync(redis, "publisher", LongTimeout);
        var subscriber = await StartNodeAsync(redis, "subscriber", LongTimeout);
        await subscriber.SubscribeAsync("news");
        await publisher.RouteAsync("news", subscriber);
        await publisher.Events.UntilAsync(events => events.Up.Contains(host.Node), "the host is up");

        await host.KillAsync();
        publisher.Publish("news", "without a grain");
        await subscriber.Events.UntilFrameAsync("without a grain");

        await publisher.Events.UntilAsync(events => events.Down.Contains(host.Node), "the host is down");
        var late = await StartNodeAsync(redis, "late", LongTimeout);
        await late.SubscribeAsync("news");
        await publisher.RouteAsync("news", late);
        publisher.Publish("news", "with a new grain");
        await late.Events.UntilFrameAsync("with a new grain");
        await subscriber.Events.UntilFrameAsync("with a new grain");
        Assert.Equal(["without a grain", "with a new grain"], subscriber.Events.Frames);
    }

    [Fact]
    public async Task Nodes_reach_each_other_while_the_membership_table_is_away_and_others_join_when_it_is_back()
    {
        var redis = await StartRedisAsync();
        var first = await StartNodeAsync(redis, "first", LongTimeout);
        var second = await StartNodeAsync(redis, "second", LongTimeout);
        await second.SubscribeAsync("news");
        await first.RouteAsync("news", second);

        await redis.KillAsync();
        await first.Events.UntilAsync(
            events => events.Connections[^1].Detail.Contains("cannot be read", StringComparison.Ordinal), "the table is away");
        first.Publish("news", "without a table");
        await second.Events.UntilFrameAsync("without a table");
        await second.SubscribeAsync("other");
        await first.RouteAsync("other", second);
        Assert.Empty(first.Events.Down);
        Assert.All(first.Events.Connections, change => Assert.True(change.IsConnected));

        await redis.RestartAsync();
        await first.Events.UntilAsync(
            events => !events.Connections[^1].Detail.Contains("cannot be read", StringComparison.Ordinal), "the table is back");
        var third = await StartNodeAsync(redis, "third", LongTimeout);
        await third.SubscribeAsync("news");
        await first.RouteAsync("news", third);
        Assert.Empty(first.Events.Down);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var each in Enumerable.Reverse(_cleanup))
            await each.DisposeAsync();
    }

    private async Task<RedisServer> StartRedisAsync() => Keep(await RedisServer.StartAsync());

    private async Task<NodeProcess> StartProcessAsync(RedisServer redis, ClusterNode node, TimeSpan nodeTimeout) =>
        Keep(await NodeProcess.StartAsync(redis.Options, Silos, "test", node, nodeTimeout));

    private async Task<TestNode> StartNodeAsync(RedisServer redis, string name, TimeSpan nodeTimeout)
    {
        var silo = Keep(await TestSilo.StartRedisAsync(redis, Silos, nodeTimeout));
        return Keep(await TestNode.StartAsync(new OrleansClusterEngine(silo.Services), "test", name));
    }

    private T Keep<T>(T created)
        where T : IAsyncDisposable
    {
        _cleanup.Add(created);
        return created;
    }
}
