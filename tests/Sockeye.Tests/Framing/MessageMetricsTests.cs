using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

[Collection(nameof(Metered))]
public sealed class MessageMetricsTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 1000);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_and_their_frames_are_counted_both_ways()
    {
        using var metrics = new Metrics("Sockeye.Messages");
        var (client, server) = MemoryConnection.CreatePair();
        await using var sender = client.AsMessages(Lines);
        await using var receiver = server.AsMessages(Lines);

        await sender.WriteAsync("12345", Cancelled);
        await sender.WriteManyAsync(["1", "12"], Cancelled);
        await receiver.ReadAllAsync(Cancelled).Take(3).ToListAsync(Cancelled);

        foreach (var direction in (string[])["transmit", "receive"])
        {
            Assert.Equal(3, metrics.SumAnywhere("sockeye.messages", direction));
            Assert.Equal(3, metrics.CountAnywhere("sockeye.message.frame.size", direction));
            Assert.Equal(6 + 2 + 3, metrics.SumAnywhere("sockeye.message.frame.size", direction)); // with LF
        }
    }

    [Fact]
    public async Task Broadcasts_and_the_queues_of_members_are_counted()
    {
        using var metrics = new Metrics("Sockeye.Messages");
        // Room for one message: what is broadcast then waits, and after two more it is dropped.
        var (client, server) = MemoryConnection.CreatePair(capacity: 4);
        await using var member = server.AsMessages(Lines);
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 2, SlowMember = SlowMemberPolicy.Drop });
        group.Join(member);
        IGroupGauge gauge = group;
        Assert.Equal((1, 0, 0), gauge.GetSnapshot());
        // Not exactly: groups may still be there whose members other tests have left open.
        Assert.InRange(metrics.SumAnywhere("sockeye.broadcast.members"), 1, 10_000);

        group.Broadcast("123456");
        // It is flushed, and does not fit: nothing more is taken from the queue.
        await client.Transport.Input.ReadAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
            group.Broadcast("123456");

        Assert.Equal((1, 2, 2), gauge.GetSnapshot());
        Assert.InRange(metrics.SumAnywhere("sockeye.broadcast.queue.length"), 2, 10_000);
        Assert.InRange(metrics.SumAnywhere("sockeye.broadcast.queue.longest"), 2, 10_000);
        Assert.Equal(1, metrics.SumAnywhere("sockeye.broadcast.dropped"));

        client.Abort();
        Assert.True(group.Leave(member) || group.Count == 0);
        Assert.Equal((0, 0, 0), gauge.GetSnapshot());
    }
}
