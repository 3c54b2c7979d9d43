using System.Buffers;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task After_the_peers_FIN_the_answer_still_arrives_whole(bool clientFirst) => Run(async world =>
    {
        const int Length = 1_000_000;
        var (first, second) = await world.ConnectAsync(clientFirst);
        await first.SendAsync("question");
        await first.SendFinAsync();
        await second.ShouldReceiveToEndAsync("question");

        await Task.WhenAll(second.SendAsync(Down, Length), first.ReceiveAsync(Down, Length));
        Assert.False(first.Closed.IsCompleted || second.Closed.IsCompleted, "One direction is still open.");
        await second.SendFinAsync();
        await first.ReceiveFinAsync();
        await first.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await second.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
        Assert.Equal(CloseDirection.Output, first.Reason!.Direction);
        Assert.Equal(CloseDirection.Input, second.Reason!.Direction);
    });

    [Fact]
    public Task FIN_follows_everything_that_was_written() => Run(async world =>
    {
        const int Length = 1_000_000;
        var (client, server) = await world.ConnectAsync();
        client.Output.Write(Up.Take(Length)); // not flushed: completing does that
        await client.SendFinAsync();
        await server.ReceiveAsync(Up, Length);
        await server.ReceiveFinAsync();
    });

    [Fact]
    public Task Both_ends_may_end_their_direction_at_once() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await Task.WhenAll(client.SendFinAsync(), server.SendFinAsync());
        await Task.WhenAll(client.ReceiveFinAsync(), server.ReceiveFinAsync());
        await Task.WhenAll(client.Closed, server.Closed);
        Assert.True(client.Reason!.IsOrderly && server.Reason!.IsOrderly);
    });

    [Fact]
    public Task A_reader_that_completed_its_input_never_blocks_the_peer_and_sees_its_FIN() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync("first");
        await server.ReceiveAsync(5);
        await server.Input.CompleteAsync();
        await client.SendAsync(Up, 4_000_000);
        await client.SendFinAsync();
        await server.SendAsync("answer");
        await server.SendFinAsync();
        await client.ShouldReceiveToEndAsync("answer");
        await world.Soon(Task.WhenAll(client.Closed, server.Closed));
        Assert.True(client.Reason!.IsOrderly && server.Reason!.IsOrderly);
    });

    [Fact]
    public Task A_completed_input_holds_no_buffer() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await server.Input.CompleteAsync();
        await client.SendAsync(Up, 100_000);
        await server.SendAsync("x");
        await client.ReceiveAsync(1);
        await world.BecomesTrueAsync(() => server.BytesReceived == 100_000);
        await world.BecomesTrueAsync(() => world.RentedBuffers() == 0);
    });
}
