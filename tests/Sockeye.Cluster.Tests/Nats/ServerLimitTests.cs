using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>Limits of the server: the size of messages, slow readers, passwords, permissions.</summary>
public sealed class ServerLimitTests
{
    [Fact]
    public async Task Frame_that_is_larger_than_the_server_accepts_is_dropped_counted_and_logged()
    {
        using TestLog log = new();
        await using var server = await NatsServer.StartAsync("max_payload: 1000");
        await using var a = await TestNode.StartDisconnectedAsync(new NatsClusterEngine(server.Url), "c", "a", log: log);
        await using var b = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "b");
        await a.Events.UntilConnectedAsync();
        await b.SubscribeAsync("room");
        await a.RouteAsync("room", b);

        Assert.False(a.Engine.TryPublish("room", new byte[988]));
        a.Publish("room", new string('x', 987));
        a.Publish("room", "next");

        await b.Events.UntilFrameAsync("next");
        Assert.Equal([new string('x', 987), "next"], b.Events.Frames);
        Assert.Equal(1, a.Engine.GetQueues().DroppedFrames);
        var line = Assert.Single(log.WithId(5003)).Message;
        Assert.Contains("988 bytes", line, StringComparison.Ordinal);
        Assert.Contains("accepts 987", line, StringComparison.Ordinal);
        Assert.Contains("max_payload", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frame_that_was_queued_before_the_limit_was_known_is_dropped_and_the_next_ones_are_sent()
    {
        using TestLog log = new();
        await using var server = await NatsServer.StartAsync("max_payload: 1000");
        await using var b = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "b");
        await b.SubscribeAsync("room");
        await server.KillAsync();
        await using var a = await TestNode.StartDisconnectedAsync(new NatsClusterEngine(server.Url), "c", "a", log: log);
        a.Publish("room", new string('x', 2000));
        await server.RestartAsync();
        await a.Events.UntilConnectedAsync();
        await b.Events.UntilConnectedAsync(times: 2);

        await a.RouteAsync("room", b);

        Assert.Empty(b.Events.Frames);
        Assert.Equal(1, a.Engine.GetQueues().DroppedFrames);
        Assert.Contains("2000 bytes", Assert.Single(log.WithId(5003)).Message, StringComparison.Ordinal);
        Assert.Empty(a.Events.Losses);
    }

    [Fact]
    public async Task Node_that_does_not_read_is_closed_by_the_server_and_connects_again()
    {
        await using var server = await NatsServer.StartAsync("""
            max_pending: 1MB
            write_deadline: "1s"
            """);
        // Its pings wait behind 30 MB on a server that holds back senders while a node is slow.
        var sender = new NatsClusterOptions { Url = server.Url, ServerTimeout = TimeSpan.FromMinutes(1) };
        await using var a = await TestNode.StartAsync(new NatsClusterEngine(sender), "c", "a");
        await using var slow = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "slow");
        await using var other = await TestNode.StartAsync(new NatsClusterEngine(server.Url), "c", "other");
        await slow.SubscribeAsync("room");
        await other.SubscribeAsync("room");
        await a.RouteAsync("room", slow, other);
        using ManualResetEventSlim gate = new();
        slow.Events.OnEachFrame = _ => gate.Wait(TimeSpan.FromSeconds(60));
        var large = new string('x', 100_000);

        for (var i = 0; i < 300; i++)
            a.Publish("room", $"{i}{large}");
        await other.Events.UntilFramesAsync(300);
        await Poll.UntilAsync(
            () => server.Log.Contains("Slow Consumer", StringComparison.Ordinal),
            () => $"the server closes it; log: {server.Log}");
        gate.Set();

        await slow.Events.UntilConnectedAsync(times: 2);
        await slow.Events.UntilAsync(events => events.Losses.Count > 0, "the loss is reported");
        Assert.Single(other.Events.Connections);
        Assert.Single(a.Events.Connections);
        await a.RouteAsync("room", slow);
        var numbers = slow.Events.Frames.Select(frame => int.Parse(frame.TrimEnd('x'), null)).ToList();
        Assert.Equal(numbers.Distinct().Order(), numbers);
    }

    [Fact]
    public async Task Wrong_password_is_the_reason_that_is_reported_and_never_appears()
    {
        using TestLog log = new();
        await using var server = await NatsServer.StartAsync("authorization { user: shop, password: secret }");
        await using var node = await TestNode.StartDisconnectedAsync(
            new NatsClusterEngine($"nats://shop:wr0ng@127.0.0.1:{server.Port}"), "c", "a", log: log);

        await node.Events.UntilAsync(events => events.Connections.Count > 0, "the failure is reported");
        await node.DisposeAsync();

        Assert.Equal((false, $"{server.Url}: the server said: authorization violation"), node.Events.Connections[0]);
        Assert.Contains("authorization violation", Assert.Single(log.WithId(5002)).Message, StringComparison.Ordinal);
        Assert.All(log.Lines.GetSnapshot(), line => Assert.DoesNotContain("wr0ng", line.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Password_may_be_in_the_address_or_in_the_options_of_the_client()
    {
        await using var server = await NatsServer.StartAsync("authorization { user: shop, password: secret }");
        await using var a = await TestNode.StartAsync(
            new NatsClusterEngine($"nats://shop:secret@127.0.0.1:{server.Port}"), "c", "a");
        await using var b = await TestNode.StartAsync(
            new NatsClusterEngine(new NatsClusterOptions
            {
                Url = server.Url,
                ConfigureConnection = opts => opts with { AuthOpts = new() { Username = "shop", Password = "secret" } },
            }),
            "c", "b");

        await a.RouteAsync(b);
        await b.RouteAsync(a);
    }

    [Fact]
    public async Task Subject_that_is_not_permitted_is_reported_as_a_loss()
    {
        using TestLog log = new();
        await using var server = await NatsServer.StartAsync("""
            authorization {
              users: [{
                user: shop, password: secret
                permissions: { publish: "sockeye.c.>", subscribe: ["sockeye.c.all", "sockeye.c.n.*"] }
              }]
            }
            """);
        await using var node = await TestNode.StartDisconnectedAsync(
            new NatsClusterEngine($"nats://shop:secret@127.0.0.1:{server.Port}"), "c", "a", log: log);
        await node.Events.UntilConnectedAsync();
        Assert.Empty(node.Events.Losses);

        await node.SubscribeAsync("room");

        await node.Events.UntilAsync(events => events.Losses.Count > 0, "the loss is reported");
        Assert.Contains("sockeye.c.g.room", node.Events.Losses[0], StringComparison.Ordinal);
        Assert.Contains("sockeye.c.g.room", Assert.Single(log.WithId(5004)).Message, StringComparison.Ordinal);
        Assert.True(Assert.Single(node.Events.Connections).IsConnected);
    }
}
