using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>Servers that end, hang, and come back.</summary>
public sealed class ServerLossTests
{
    [Fact]
    public async Task Engine_recovers_when_its_server_is_killed_and_starts_again()
    {
        await using var server = await NatsServer.StartAsync();
        await using var a = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "a");
        await using var b = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "b");
        await b.SubscribeAsync("before");
        await a.RouteAsync("before", b);

        await server.KillAsync();
        await a.Events.UntilAsync(events => events.Connections.Any(change => !change.IsConnected), "the loss is reported");
        await b.Events.UntilAsync(events => events.Connections.Any(change => !change.IsConnected), "the loss is reported");
        var subscribing = b.SubscribeAsync("while away");
        b.Engine.Unsubscribe("before");
        Assert.False(subscribing.IsCompleted);
        await server.RestartAsync();

        await a.Events.UntilConnectedAsync(times: 2);
        await b.Events.UntilConnectedAsync(times: 2);
        await subscribing;
        await b.SubscribeAsync("after");
        await a.RouteAsync("while away", b);
        await a.RouteAsync("after", b);
        a.Publish("before", "no longer");
        a.Publish("while away", "1");
        a.Publish("after", "2");
        await b.Events.UntilFrameAsync("2");
        Assert.Equal(["1", "2"], b.Events.Frames);
        Assert.Single(a.Events.Losses);
        Assert.Single(b.Events.Losses);
        Assert.Contains(server.Url, b.Events.Connections[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_subscriptions_are_taken_up_before_the_connection_is_reported()
    {
        const int count = 5000;
        await using var server = await NatsServer.StartAsync();
        await using var a = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "a");
        await using var b = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "b");
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => b.SubscribeAsync($"{i}")));

        await server.RestartAsync();
        await a.Events.UntilConnectedAsync(times: 2);
        await b.Events.UntilConnectedAsync(times: 2);
        for (var i = 0; i < count; i++)
            a.Publish($"{i}", $"{i}");

        await b.Events.UntilFramesAsync(count);
        Assert.Equal(Enumerable.Range(0, count), b.Events.Frames.Select(int.Parse).Order());
    }

    [Fact]
    public async Task Engine_starts_without_a_server_and_connects_when_one_starts()
    {
        await using var server = await NatsServer.StartAsync();
        await server.KillAsync();
        await using var node = await TestNode.StartDisconnectedAsync(new NatsClusterEngine(server.Url), "c", "a");
        var subscribing = node.SubscribeAsync("room");
        await node.Events.UntilAsync(events => events.Connections.Count > 0, "the failure is reported");
        Assert.Equal((false, $"{server.Url}: Connection refused"), node.Events.Connections[0]);
        Assert.False(subscribing.IsCompleted);

        await server.RestartAsync();

        await node.Events.UntilConnectedAsync();
        await subscribing;
        Assert.Empty(node.Events.Losses);
    }

    [Fact]
    public async Task Server_that_hangs_is_noticed_and_its_nodes_move_to_another_server()
    {
        await using var servers = await NatsServers.StartAsync();
        var options = new NatsClusterOptions
        {
            Url = servers.Urls,
            ServerTimeout = TimeSpan.FromMilliseconds(400),
            ConfigureConnection = opts => opts with { NoRandomize = true },
        };
        await using var a = await TestNode.StartAsync(new NatsClusterEngine(options), "c", "a");
        await using var b = await TestNode.StartAsync(new NatsClusterEngine(servers[2].Url), "c", "b");
        await a.SubscribeAsync("room");
        await b.RouteAsync("room", a);

        await servers[0].SuspendAsync();

        await a.Events.UntilConnectedAsync(times: 2);
        await servers[0].ResumeAsync();
        Assert.Contains("does not answer", a.Events.Connections[1].Detail, StringComparison.Ordinal);
        Assert.Contains(servers[1].Url, a.Events.Connections[2].Detail, StringComparison.Ordinal);
        await b.RouteAsync("room", a);
        b.Publish("room", "here");
        await a.Events.UntilFrameAsync("here");
        Assert.Equal(["here"], a.Events.Frames);
    }

    [Fact]
    public async Task Node_moves_to_another_server_when_its_own_is_killed()
    {
        await using var servers = await NatsServers.StartAsync();
        var options = new NatsClusterOptions
        {
            Url = servers.Urls,
            ConfigureConnection = opts => opts with { NoRandomize = true },
        };
        await using var a = await TestNode.StartAsync(new NatsClusterEngine(options), "c", "a");
        await using var b = await TestNode.StartAsync(new NatsClusterEngine(servers[2].Url), "c", "b");
        await a.SubscribeAsync("room");
        await b.RouteAsync("room", a);

        await servers[0].KillAsync();
        await a.Events.UntilConnectedAsync(times: 2);

        await b.RouteAsync("room", a);
        await b.RouteAsync(a);
        await a.RouteAsync(b);
    }

    [Fact]
    public async Task Engine_ends_in_time_while_its_server_hangs()
    {
        await using var server = await NatsServer.StartAsync();
        var options = new NatsClusterOptions { Url = server.Url, ServerTimeout = TimeSpan.FromMinutes(1) };
        var node = await TestNode.StartAsync(new NatsClusterEngine(options), "c", "a");
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => node.SubscribeAsync($"{i}")));
        await server.SuspendAsync();
        for (var i = 0; i < 1000; i++)
            node.Publish("room", new string('x', 10_000));

        await node.DisposeAsync().AsTask().WaitAsync(
            TimeSpan.FromSeconds(15), TimeProvider.System, TestContext.Current.CancellationToken);
        await server.ResumeAsync();
    }

    [Fact]
    public async Task Engine_ends_at_once_while_no_server_runs()
    {
        await using var server = await NatsServer.StartAsync();
        await server.KillAsync();
        var options = new NatsClusterOptions { Url = server.Url, MaxReconnectDelay = TimeSpan.FromMinutes(1) };
        var node = await TestNode.StartDisconnectedAsync(new NatsClusterEngine(options), "c", "a");
        var subscribing = node.SubscribeAsync("room");
        var waiting = node.Engine.WaitForSpaceAsync("room", TestContext.Current.CancellationToken);

        await node.DisposeAsync().AsTask().WaitAsync(
            TimeSpan.FromSeconds(15), TimeProvider.System, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => subscribing);
        await waiting;
    }
}
