using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Abort_is_a_reset_for_the_peer(bool clientFirst) => Run(async world =>
    {
        var (first, second) = await world.ConnectAsync(clientFirst);
        var reading = second.ReceiveToErrorAsync();
        first.Connection.Abort(CloseCause.Limit, "enough is enough");
        await ShouldSeeResetAsync(second, await reading);
        await second.SendUntilGoneAsync();

        await first.ShouldEndAsync(ClosedBy.Local, CloseCause.Limit);
        Assert.Equal(("enough is enough", CloseDirection.Both), (first.Reason!.Description, first.Reason.Direction));
        Assert.IsType<ConnectionAbortedException>(await first.ReceiveToErrorAsync());
        Assert.True((await first.FlushAsync()).IsCompleted);
    });

    [Fact]
    public Task Abort_without_a_reason_is_this_sides_abort() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        client.Connection.Abort();
        client.Connection.Abort(new ConnectionAbortedException("a second abort changes nothing"));
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Abort);
        await ShouldSeeResetAsync(server, await server.ReceiveToErrorAsync());
    });

    [Fact]
    public Task What_arrived_before_a_reset_is_read_before_the_error() => Run(async world =>
    {
        const int Length = 40_000;
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync(Up, Length);
        await world.BecomesTrueAsync(() => server.BytesReceived == Length);
        client.Connection.Abort();
        await world.Soon(client.Closed);
        await world.BecomesTrueAsync(() => server.Reason is not null);
        await server.ReceiveAsync(Up, Length);
        await ShouldSeeResetAsync(server, await server.ReceiveToErrorAsync());
        await ShouldSeeResetAsync(server, await server.ReceiveToErrorAsync()); // again and again
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4096)]
    [InlineData(5000)]
    public Task What_arrived_before_a_reset_is_read_although_it_is_as_long_as_what_was_read_before(int length) =>
        Run(async world =>
        {
            const int Rounds = 5;
            var (client, server) = await world.ConnectAsync();
            for (var round = 0; round < Rounds; round++)
            {
                await client.SendAsync(Up.Take(length));
                await world.BecomesTrueAsync(() => server.BytesReceived == (round + 1) * length);
                if (round < Rounds - 1)
                    await server.ReceiveAsync(Up, length);
            }

            client.Connection.Abort();
            await world.Soon(client.Closed);
            await world.BecomesTrueAsync(() => server.Reason is not null);
            await server.ReceiveAsync(Up, length);
            await ShouldSeeResetAsync(server, await server.ReceiveToErrorAsync());
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Abort_with_data_in_flight_both_ways_ends_both_ends(bool clientFirst) => Run(async world =>
    {
        var (first, second) = await world.ConnectAsync(clientFirst);
        Task[] writing = [first.SendUntilGoneAsync(), second.SendUntilGoneAsync()];
        var (firstReading, secondReading) = (first.ReceiveToErrorAsync(), second.ReceiveToErrorAsync());
        await world.BecomesTrueAsync(() => first.BytesReceived > 100_000 && second.BytesReceived > 100_000);
        first.Connection.Abort();
        await Task.WhenAll(writing);
        Assert.IsType<ConnectionAbortedException>(await firstReading);
        await ShouldSeeResetAsync(second, await secondReading);
        await first.ShouldEndAsync(ClosedBy.Local, CloseCause.Abort);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Abort_ends_a_flush_that_waits_on_either_end(bool writerAborts) => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var flushing = OfferTooMuch(client);
        (writerAborts ? client : server).Connection.Abort();
        Assert.True((await world.Soon(flushing)).IsCompleted);
        await world.Soon(client.Closed);
        if (writerAborts)
        {
            await server.ReceiveToErrorAsync();
            await server.SendUntilGoneAsync(); // what has no reset notices it only so
        }

        await world.Soon(server.Closed);
        Assert.Equal(ClosedBy.Local, (writerAborts ? client : server).Reason!.By);
        var seen = (writerAborts ? server : client).Reason!;
        Assert.Equal(ClosedBy.Peer, seen.By);
        // Where there is no reset, TLS sees its record cut off.
        Assert.True(seen.Cause is CloseCause.Reset || (seen.Cause is CloseCause.TlsError && !fixture.HasReset), $"{seen}");
    });

    [Fact]
    public Task Completing_the_output_with_an_error_is_a_reset_too() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var error = new InvalidOperationException("out of paper");
        await client.Output.CompleteAsync(error);
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.HandlerError);
        Assert.Same(error, client.Reason!.Exception);
        Assert.Contains("out of paper", client.Reason.Description, StringComparison.Ordinal);
        await ShouldSeeResetAsync(server, await server.ReceiveToErrorAsync());
    });

    /// <summary>Where the transport has resets, reading ended by one. Elsewhere the peer may see an orderly end.</summary>
    private async Task ShouldSeeResetAsync(TestEnd end, Exception? readError)
    {
        if (fixture.HasReset)
        {
            Assert.IsType<ConnectionResetException>(readError);
            await end.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
            return;
        }

        Assert.True(readError is null or ConnectionResetException);
        Assert.Equal(ClosedBy.Peer, end.Reason?.By);
    }
}
