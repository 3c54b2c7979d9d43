using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Contract;

/// <summary>What every cluster engine does. A derived class provides the engines.</summary>
public abstract class ClusterEngineContract : IAsyncLifetime
{
    private static int _clusters;

    private readonly List<TestNode> _nodes = [];
    private readonly string _cluster = $"test-{Environment.ProcessId}-{Interlocked.Increment(ref _clusters)}";

    /// <summary>Prepares what the engines of one test need.</summary>
    public virtual ValueTask InitializeAsync() => default;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Frame_reaches_every_other_subscriber_once_in_the_order_of_its_sender()
    {
        const int count = 500;
        var nodes = await StartAsync(3);
        foreach (var node in nodes)
            await node.SubscribeAsync("room");
        foreach (var node in nodes)
            await node.RouteAsync("room", [.. nodes.Where(other => other != node)]);

        await Task.WhenAll(nodes.Select(node => Task.Run(() =>
        {
            for (var i = 0; i < count; i++)
                node.Publish("room", $"{node.Self.Name}:{i}");
        })));

        foreach (var node in nodes)
        {
            await node.Events.UntilFramesAsync(2 * count);
            foreach (var sender in nodes.Where(other => other != node))
            {
                Assert.Equal(
                    Enumerable.Range(0, count).Select(i => $"{sender.Self.Name}:{i}"),
                    node.Events.Frames.Where(frame => frame.StartsWith($"{sender.Self.Name}:", StringComparison.Ordinal)));
            }

            Assert.Equal(2 * count, node.Events.FrameCount);
        }
    }

    [Fact]
    public async Task Frame_does_not_reach_a_node_that_has_not_subscribed_to_its_topic()
    {
        var nodes = await StartAsync(3);
        await nodes[1].SubscribeAsync("room");
        await nodes[2].SubscribeAsync("other");
        await nodes[0].RouteAsync("room", nodes[1]);
        await nodes[0].RouteAsync("other", nodes[2]);

        nodes[0].Publish("room", "for 1");
        nodes[0].Publish("none", "for none");
        nodes[0].Publish("other", "for 2");

        await nodes[1].Events.UntilFramesAsync(1);
        await nodes[2].Events.UntilFramesAsync(1);
        Assert.Equal(["for 1"], nodes[1].Events.Frames);
        Assert.Equal(["for 2"], nodes[2].Events.Frames);
        Assert.Empty(nodes[0].Events.Frames);
    }

    [Fact]
    public async Task Frame_does_not_reach_a_node_that_has_unsubscribed()
    {
        var nodes = await StartAsync(2);
        await nodes[1].SubscribeAsync("room");
        await nodes[0].RouteAsync("room", nodes[1]);

        nodes[1].Engine.Unsubscribe("room");
        await nodes[1].SubscribeAsync("other");
        await nodes[0].RouteAsync("other", nodes[1]);
        nodes[0].Publish("room", "too late");
        nodes[0].Publish("other", "last");

        await nodes[1].Events.UntilFrameAsync("last");
        Assert.Equal(["last"], nodes[1].Events.Frames);
    }

    [Fact]
    public async Task Topic_that_is_subscribed_to_twice_brings_each_frame_once()
    {
        var nodes = await StartAsync(2);
        await Task.WhenAll(nodes[1].SubscribeAsync("room"), nodes[1].SubscribeAsync("room"));
        await nodes[1].SubscribeAsync("room");
        await nodes[0].RouteAsync("room", nodes[1]);

        nodes[0].Publish("room", "1");
        nodes[0].Publish("room", "2");

        await nodes[1].Events.UntilFrameAsync("2");
        Assert.Equal(["1", "2"], nodes[1].Events.Frames);
    }

    [Fact]
    public async Task Subscriptions_that_race_end_in_the_last_state()
    {
        var nodes = await StartAsync(2);
        var random = new Random(7);
        var topics = Enumerable.Range(0, 50).Select(i => $"topic {i}").ToList();
        HashSet<string> wanted = [];
        List<Task> subscribing = [];
        for (var i = 0; i < 2000; i++)
        {
            var topic = topics[random.Next(topics.Count)];
            if (wanted.Remove(topic))
            {
                nodes[1].Engine.Unsubscribe(topic);
            }
            else
            {
                wanted.Add(topic);
                subscribing.Add(nodes[1].SubscribeAsync(topic));
            }

            if (i % 100 == 0)
                await Task.Yield();
        }

        await Task.WhenAll(subscribing);
        await nodes[1].SubscribeAsync("last");
        foreach (var topic in wanted.Append("last"))
            await nodes[0].RouteAsync(topic, nodes[1]);
        foreach (var topic in topics)
            nodes[0].Publish(topic, topic);
        nodes[0].Publish("last", "last");

        await nodes[1].Events.UntilFramesAsync(wanted.Count + 1);
        await nodes[1].Events.UntilFrameAsync("last");
        Assert.Equal(wanted.Append("last").Order(), nodes[1].Events.Frames.Order());
    }

    [Fact]
    public async Task Topic_may_be_any_text()
    {
        string[] topics =
        [
            "room", "Room", "room.7", "room.*", "*", ">", "room.>", ".", "..", " ", "a b", "\t\r\n", "\0", "%", "%20", "a%20b",
            "$SYS.REQ", "Straße", "部屋", "🐟", "~-_", new('x', 512), new('.', 512), string.Concat(Enumerable.Repeat("🐟", 128)),
        ];
        var nodes = await StartAsync(2);
        await Task.WhenAll(topics.Select(nodes[1].SubscribeAsync));
        foreach (var topic in topics)
            await nodes[0].RouteAsync(topic, nodes[1]);

        foreach (var topic in topics)
            nodes[0].Publish(topic, topic);

        await nodes[1].Events.UntilFramesAsync(topics.Length);
        Assert.Equal(topics.Order(), nodes[1].Events.Frames.Order());
    }

    [Fact]
    public async Task Frame_for_a_node_reaches_that_node_only_in_order()
    {
        const int count = 200;
        var nodes = await StartAsync(3);
        await nodes[0].RouteAsync(nodes[1]);
        await nodes[0].RouteAsync(nodes[2]);

        for (var i = 0; i < count; i++)
        {
            nodes[0].Send(nodes[1].Self, $"1:{i}");
            nodes[0].Send(nodes[2].Self, $"2:{i}");
        }

        await nodes[1].Events.UntilFramesAsync(count);
        await nodes[2].Events.UntilFramesAsync(count);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"1:{i}"), nodes[1].Events.Frames);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"2:{i}"), nodes[2].Events.Frames);
    }

    [Fact]
    public async Task Frame_for_a_node_that_is_gone_is_lost_and_harms_no_other()
    {
        var nodes = await StartAsync(3);
        await nodes[0].RouteAsync(nodes[1]);
        await nodes[0].RouteAsync(nodes[2]);
        await nodes[2].DisposeAsync();

        nodes[0].Engine.TrySend(nodes[2].Self, "lost"u8);
        nodes[0].Engine.TrySend(new("never", 42), "lost"u8);
        nodes[0].Send(nodes[1].Self, "arrives");

        await nodes[1].Events.UntilFrameAsync("arrives");
        Assert.Equal(["arrives"], nodes[1].Events.Frames);
    }

    [Fact]
    public async Task Announcement_reaches_every_other_node_in_order()
    {
        const int count = 100;
        var nodes = await StartAsync(3);
        await nodes[0].RouteAsync(nodes[1]);
        await nodes[0].RouteAsync(nodes[2]);

        for (var i = 0; i < count; i++)
            nodes[0].Announce($"{i}");

        foreach (var node in nodes.Skip(1))
        {
            await node.Events.UntilFramesAsync(count);
            Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), node.Events.Frames);
        }

        Assert.Empty(nodes[0].Events.Frames);
    }

    [Fact]
    public async Task Clusters_with_different_names_do_not_see_each_other()
    {
        var nodes = await StartAsync(2);
        var stranger = await StartAsync(_cluster + "-other", "stranger");
        await nodes[1].SubscribeAsync("room");
        await stranger.SubscribeAsync("room");
        await nodes[0].RouteAsync("room", nodes[1]);

        stranger.Publish("room", "foreign");
        stranger.Announce("foreign");
        stranger.Send(nodes[1].Self, "foreign");
        nodes[0].Publish("room", "own");
        nodes[0].Announce("own");

        await nodes[1].Events.UntilFramesAsync(2);
        Assert.Equal(["own", "own"], nodes[1].Events.Frames);
        Assert.Empty(stranger.Events.Frames);
    }

    [Fact]
    public async Task Large_frame_arrives_whole_between_small_ones()
    {
        var nodes = await StartAsync(2);
        await nodes[1].SubscribeAsync("room");
        await nodes[0].RouteAsync("room", nodes[1]);
        var large = new string('x', 700 * 1024);

        nodes[0].Publish("room", "before");
        nodes[0].Publish("room", large);
        nodes[0].Publish("room", "");
        nodes[0].Publish("room", "after");

        await nodes[1].Events.UntilFramesAsync(4);
        Assert.Equal(["before", large, "", "after"], nodes[1].Events.Frames);
    }

    [Fact]
    public async Task Ten_thousand_topics_are_subscribed_to_at_once_and_each_gets_its_frame()
    {
        const int count = 10_000;
        var nodes = await StartAsync(2);
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => nodes[1].SubscribeAsync($"room-{i}")));
        await nodes[0].RouteAsync($"room-{count - 1}", nodes[1]);
        await nodes[0].RouteAsync("room-0", nodes[1]);

        for (var i = 0; i < count; i++)
            nodes[0].Publish($"room-{i}", $"{i}");

        await nodes[1].Events.UntilFramesAsync(count);
        Assert.Equal(Enumerable.Range(0, count), nodes[1].Events.Frames.Select(int.Parse).Order());
    }

    [Fact]
    public async Task Frames_that_are_queued_arrive_after_the_engine_is_disposed()
    {
        const int count = 1000;
        var nodes = await StartAsync(2);
        await nodes[1].SubscribeAsync("room");
        await nodes[0].RouteAsync("room", nodes[1]);

        for (var i = 0; i < count; i++)
            nodes[0].Publish("room", $"{i}");
        await nodes[0].DisposeAsync();

        await nodes[1].Events.UntilFramesAsync(count);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), nodes[1].Events.Frames);
    }

    [Fact]
    public async Task Engine_that_is_disposed_takes_no_frames_and_keeps_no_caller_waiting()
    {
        var nodes = await StartAsync(2);
        await nodes[0].SubscribeAsync("room");
        await nodes[0].DisposeAsync();
        await nodes[0].DisposeAsync();

        Assert.False(nodes[0].Engine.TryPublish("room", "x"u8));
        Assert.False(nodes[0].Engine.TrySend(nodes[1].Self, "x"u8));
        Assert.False(nodes[0].Engine.TryAnnounce("x"u8));
        nodes[0].Engine.Unsubscribe("room");
        await nodes[0].Engine.WaitForSpaceAsync("room", TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => nodes[0].SubscribeAsync("other"));
    }

    /// <summary>Creates an engine that reaches those of the same test by what <see cref="InitializeAsync"/> prepared.</summary>
    /// <param name="index">The number of the node in the test, from 0.</param>
    protected abstract IClusterEngine CreateEngine(int index);

    private async Task<TestNode[]> StartAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await StartAsync(_cluster, $"n{i}");
        return [.. _nodes];
    }

    private async Task<TestNode> StartAsync(string cluster, string name)
    {
        var node = await TestNode.StartAsync(CreateEngine(_nodes.Count), cluster, name);
        _nodes.Add(node);
        return node;
    }
}
