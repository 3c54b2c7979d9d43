
namespace Sockeye.Clustering.Tests;

/// <summary>What a broadcast allocates on the thread that sends it.</summary>
[Collection(nameof(Metered))]
public sealed class BroadcastCostTests
{
    [Theory, InlineData(0), InlineData(100)]
    public async Task Broadcast_to_other_nodes_allocates_nothing(int ring)
    {
        await using var cluster = await Cluster.StartAsync(options =>
        {
            options.UseEngine(static () => new NoEngine());
            options.AddMessage(new ConstantCodec());
            options.GroupOptions.MaxReplayMessages = ring;
        });
        var group = cluster.Group<string>("room");

        Assert.Equal(0, Allocations.Of(1000, () => group.Broadcast("a message")));
    }

    private sealed class ConstantCodec : Codec<string>
    {
        public override bool TryDecode(ref System.Buffers.ReadOnlySequence<byte> input, out string message) =>
            throw new NotSupportedException("Nothing arrives.");

        public override void Encode(string message, System.Buffers.IBufferWriter<byte> output)
        {
            System.Text.Encoding.UTF8.GetBytes(message, output.GetSpan(100));
            output.Advance(message.Length);
        }
    }

    /// <summary>Takes every frame.</summary>
    private sealed class NoEngine : IClusterEngine
    {
        public string Name => "none";

        public bool HasMembership => true;

        public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SubscribeAsync(string topic, CancellationToken cancellationToken) => Task.CompletedTask;

        public void Unsubscribe(string topic)
        {
        }

        public bool TryPublish(string topic, ReadOnlySpan<byte> frame) => true;

        public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame) => true;

        public bool TryAnnounce(ReadOnlySpan<byte> frame) => true;

        public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) => default;

        public ClusterEngineQueues GetQueues() => default;

        public ValueTask DisposeAsync() => default;
    }
}
