namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Bytes_sent_one_at_a_time_arrive_in_order(bool clientFirst) => Run(async world =>
    {
        var (sender, receiver) = await world.ConnectAsync(clientFirst);
        var receiving = receiver.ReceiveAsync(Up, 2000);
        await sender.SendAsync(Up, 2000, chunk: 1);
        await receiving;
    });

    [Fact]
    public Task Bulk_data_crosses_both_ways_at_once_intact() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await Task.WhenAll(
            client.SendAsync(Up, fixture.BulkLength),
            server.SendAsync(Down, fixture.BulkLength),
            client.ReceiveAsync(Down, fixture.BulkLength),
            server.ReceiveAsync(Up, fixture.BulkLength));
        await Task.WhenAll(client.SendFinAsync(), server.SendFinAsync());
        await Task.WhenAll(client.ReceiveFinAsync(), server.ReceiveFinAsync());
        await Task.WhenAll(client.Closed, server.Closed);
        Assert.True(client.Reason!.IsOrderly && server.Reason!.IsOrderly);
        Assert.Equal(fixture.BulkLength, client.BytesSent);
        Assert.Equal(fixture.BulkLength, server.BytesReceived);
    });

    [Fact]
    public Task One_large_write_arrives_whole() => Run(async world =>
    {
        const int Length = 8_000_000;
        var (client, server) = await world.ConnectAsync();
        var receiving = server.ReceiveAsync(Up, Length);
        await client.SendAsync(Up.Take(Length));
        await receiving;
    });

    [Fact]
    public Task Small_buffers_change_nothing_but_the_speed() =>
        Run(SmallBuffers with { MaxReadBufferSize = 1, MaxWriteBufferSize = 1 }, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await Task.WhenAll(
            client.SendAsync(Up, 300_000, chunk: 777),
            server.SendAsync(Down, 300_000, chunk: 10_000),
            client.ReceiveAsync(Down, 300_000),
            server.ReceiveAsync(Up, 300_000));
    });

    [Fact]
    public Task Bytes_that_crossed_are_counted_on_both_ends() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync(Up.Take(10_000));
        await server.ReceiveAsync(10_000);
        await server.SendAsync(Down.Take(300));
        await client.ReceiveAsync(300);
        await Task.WhenAll(client.DisposeAsync(), server.DisposeAsync());
        Assert.Equal((10_000, 300), (client.BytesSent, client.BytesReceived));
        Assert.Equal((300, 10_000), (server.BytesSent, server.BytesReceived));
    });

    [Fact]
    public Task Nothing_is_held_by_a_connection_on_which_nothing_moves() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await world.BecomesTrueAsync(() => world.RentedBuffers() == 0);
        await client.SendAsync(Up.Take(100_000));
        await server.ReceiveAsync(100_000);
        await server.SendAsync(Down.Take(10));
        await client.ReceiveAsync(10);
        await world.BecomesTrueAsync(() => world.RentedBuffers() == 0);
    });
}
