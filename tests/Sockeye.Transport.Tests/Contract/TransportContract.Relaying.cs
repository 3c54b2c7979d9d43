namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Fact]
    public Task Relay_passes_on_an_end_and_the_answer_that_follows_it() => Run(async world =>
    {
        const int Length = 600_000;
        var (client, inbound) = await world.ConnectAsync();
        var (outbound, server) = await world.ConnectAsync();
        var relaying = inbound.Connection.RelayAsync(outbound.Connection, CancellationToken.None);

        await client.SendAsync("question");
        await client.SendFinAsync();
        await server.ShouldReceiveToEndAsync("question");
        Assert.False(relaying.IsCompleted, "One way is still open.");
        await Task.WhenAll(server.SendAsync(Down, Length), client.ReceiveAsync(Down, Length));
        await server.SendFinAsync();
        await client.ReceiveFinAsync();

        await world.Soon(relaying, "the relay ends");
    });

    [Fact]
    public Task Relay_passes_on_the_end_of_the_server_while_the_client_goes_on() => Run(async world =>
    {
        var (client, inbound) = await world.ConnectAsync();
        var (outbound, server) = await world.ConnectAsync();
        var relaying = inbound.Connection.RelayAsync(outbound.Connection, CancellationToken.None);

        await server.SendAsync("welcome");
        await server.SendFinAsync();
        await client.ShouldReceiveToEndAsync("welcome");
        await client.SendAsync("thanks");
        await client.SendFinAsync();
        await server.ShouldReceiveToEndAsync("thanks");

        await world.Soon(relaying, "the relay ends");
    });

    [Fact]
    public Task Relay_passes_much_both_ways_at_once() => Run(SmallBuffers, async world =>
    {
        const int Length = 1_000_000;
        var (client, inbound) = await world.ConnectAsync();
        var (outbound, server) = await world.ConnectAsync();
        var relaying = inbound.Connection.RelayAsync(outbound.Connection, CancellationToken.None);

        await Task.WhenAll(
            client.SendAsync(Up, Length), server.SendAsync(Down, Length),
            client.ReceiveAsync(Down, Length), server.ReceiveAsync(Up, Length));
        await Task.WhenAll(client.SendFinAsync(), server.SendFinAsync());
        await Task.WhenAll(client.ReceiveFinAsync(), server.ReceiveFinAsync());

        await world.Soon(relaying, "the relay ends");
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Relay_breaks_one_connection_when_the_other_breaks(bool clientBreaks) => Run(async world =>
    {
        var (client, inbound) = await world.ConnectAsync();
        var (outbound, server) = await world.ConnectAsync();
        var relaying = inbound.Connection.RelayAsync(outbound.Connection, CancellationToken.None);
        await client.SendAsync("begin");
        await server.ShouldReceiveAsync("begin");

        (clientBreaks ? client : server).Connection.Abort();

        var other = clientBreaks ? server : client;
        if (!Fixture.HasReset)
        {
            // An abort looks like an end in order, which is passed on as any other.
            await other.ReceiveFinAsync();
            await other.SendFinAsync();
            await world.Soon(Task.WhenAny(relaying), "the relay ends");
            return;
        }

        await Assert.ThrowsAnyAsync<IOException>(() => world.Soon(relaying, "the relay ends"));
        await Assert.ThrowsAnyAsync<IOException>(() => other.ReadAsync(TestContext.Current.CancellationToken));
        var (broken, aborted) = clientBreaks ? (inbound, outbound) : (outbound, inbound);
        Assert.Equal(ClosedBy.Peer, broken.Reason!.By);
        Assert.Equal((ClosedBy.Local, CloseCause.Abort), (aborted.Reason!.By, aborted.Reason.Cause));
        Assert.StartsWith("the other connection of a relay ended: ", aborted.Reason.Description, StringComparison.Ordinal);
    });

    [Fact]
    public Task Relay_that_is_cancelled_breaks_both() => Run(async world =>
    {
        using var cancelling = new CancellationTokenSource();
        var (client, inbound) = await world.ConnectAsync();
        var (outbound, server) = await world.ConnectAsync();
        var relaying = inbound.Connection.RelayAsync(outbound.Connection, cancelling.Token);
        await client.SendAsync("begin");
        await server.ShouldReceiveAsync("begin");

        cancelling.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.Soon(relaying, "the relay ends"));
        foreach (var end in new[] { client, server })
        {
            if (Fixture.HasReset)
                await Assert.ThrowsAnyAsync<IOException>(() => end.ReadAsync(TestContext.Current.CancellationToken));
            else
                await end.ReceiveFinAsync();
        }
    });
}
