using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>Frames wait while the node is not connected, up to the maximum.</summary>
public sealed class QueueTests
{
    [Theory]
    [InlineData(SlowNodePolicy.Drop)]
    [InlineData(SlowNodePolicy.Wait)]
    public async Task Full_queue_drops_new_frames_and_sends_the_others_when_the_node_is_connected(SlowNodePolicy policy)
    {
        await using var world = await World.StartAsync(policy);
        for (var i = 0; i < 10; i++)
            world.Away.Publish("room", $"frame-{i:000}");

        Assert.False(world.Away.Engine.TryPublish("room", "frame-010"u8));
        Assert.Equal(new(10, 90, 1), world.Away.Engine.GetQueues());
        var waiting = world.Away.Engine.WaitForSpaceAsync("room", TestContext.Current.CancellationToken).AsTask();
        Assert.False(waiting.IsCompleted);

        await world.ConnectAsync();
        await waiting;
        await world.Receiver.Events.UntilFramesAsync(10);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"frame-{i:000}"), world.Receiver.Events.Frames);
    }

    [Fact]
    public async Task Full_queue_is_emptied_for_the_newest_frame_if_the_policy_says_so()
    {
        await using var world = await World.StartAsync(SlowNodePolicy.Disconnect);
        for (var i = 0; i < 10; i++)
            world.Away.Publish("room", $"frame-{i:000}");

        Assert.False(world.Away.Engine.TryPublish("room", "newest"u8));
        Assert.Equal(new(1, 6, 10), world.Away.Engine.GetQueues());

        await world.ConnectAsync();
        await world.Receiver.Events.UntilFramesAsync(1);
        Assert.Equal(["newest"], world.Receiver.Events.Frames);
    }

    /// <summary>A node that cannot connect until the test lets it, and one that is connected.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly NatsServer _server;
        private readonly TaskCompletionSource _gate;

        private World(NatsServer server, TestNode receiver, TestNode away, TaskCompletionSource gate)
        {
            _server = server;
            Receiver = receiver;
            Away = away;
            _gate = gate;
        }

        public TestNode Receiver { get; }

        public TestNode Away { get; }

        public static async Task<World> StartAsync(SlowNodePolicy policy)
        {
            var server = await NatsServer.StartAsync("authorization { token: secret }");
            var receiver = await TestNode.StartAsync(
                new NatsClusterEngine($"nats://secret@127.0.0.1:{server.Port}"), "c", "receiver");
            await receiver.SubscribeAsync("room");
            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var options = new NatsClusterOptions
            {
                Url = server.Url,
                ConfigureConnection = opts => opts with
                {
                    AuthOpts = new()
                    {
                        AuthCredCallback = async (_, token) =>
                        {
                            await gate.Task.WaitAsync(token);
                            return NATS.Client.Core.NatsAuthCred.FromToken("secret");
                        },
                    },
                },
            };
            var away = await TestNode.StartDisconnectedAsync(
                new NatsClusterEngine(options), "c", "away", maxQueuedBytes: 90, policy);
            return new(server, receiver, away, gate);
        }

        public Task ConnectAsync()
        {
            _gate.SetResult();
            return Away.Events.UntilConnectedAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Away.DisposeAsync();
            await Receiver.DisposeAsync();
            await _server.DisposeAsync();
        }
    }
}
