using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Dispose_sends_all_that_was_written_then_FIN(bool clientFirst) => Run(SmallBuffers, async world =>
    {
        const int Length = 2_000_000;
        var (first, second) = await world.ConnectAsync(clientFirst);
        first.Output.Write(Up.Take(Length)); // never flushed, and more than any buffer
        var closing = first.DisposeAsync();
        Assert.False(closing.IsCompleted);
        await second.ReceiveAsync(Up, Length);
        await second.ReceiveFinAsync();
        await second.DisposeAsync();
        await closing;
        await first.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await second.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
        Assert.Equal(Length, first.BytesSent);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Reader_that_never_says_it_is_done_keeps_its_bytes_and_leaves_nothing_lent(bool aborts) =>
    Run(new(), async world =>
    {
        List<(PipeReader Input, ReadOnlySequence<byte> Held, byte[] Expected)> all = [];
        var listener = await world.ListenAsync();
        for (var i = 0; i < 20; i++)
        {
            var (client, server) = await world.ConnectAsync(listener);
            await client.SendAsync($"mine {i}");
            var read = await server.ReadAsync(); // And no AdvanceTo.
            all.Add((server.Input, read.Buffer, read.Buffer.ToArray()));
            if (aborts)
                server.Connection.Abort();
            await world.Soon(Task.WhenAll(server.DisposeAsync(), client.DisposeAsync()));
        }

        await world.BecomesTrueAsync(() => world.RentedBuffers() == 0);
        // What others have received since went elsewhere.
        Assert.All(all, one => Assert.Equal(one.Expected, one.Held.ToArray()));
        all.ForEach(one => one.Input.AdvanceTo(one.Held.Start)); // It comes too late, and counts nothing twice.
        Assert.Equal(0, world.RentedBuffers());
    });

    [Fact]
    public Task Dispose_with_unread_input_does_not_destroy_the_answer_in_flight() => Run(SmallBuffers, async world =>
    {
        const int Request = 2_000_000;
        const int Answer = 300_000;
        var (client, server) = await world.ConnectAsync();
        var asking = client.SendAsync(Up, Request);
        await server.ReceiveAsync(10);
        server.Output.Write(Down.Take(Answer));
        var closing = server.DisposeAsync();
        await asking;
        await client.ReceiveAsync(Down, Answer);
        await client.ReceiveFinAsync();
        await client.DisposeAsync();
        await closing;
        await client.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
        await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        Assert.InRange(server.BytesReceived, fixture.CountsDiscarded ? Request : 10, Request);
    });

    [Fact]
    public Task Dispose_gives_up_on_a_peer_that_takes_nothing() => Run(SmallBuffers with { CloseTimeout = Short }, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var flushing = OfferTooMuch(client);
        await client.DisposeAsync();
        Assert.True((await world.Soon(flushing)).IsCompleted);
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Timeout);
        await ShouldSeeResetAsync(server, await server.ReceiveToErrorAsync());
    });

    [Fact]
    public Task Dispose_gives_up_on_a_peer_that_does_not_end_its_side() => Run(new() { LingerTimeout = Short }, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync("bye");
        await client.DisposeAsync();
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await server.ShouldReceiveToEndAsync("bye");
        await server.DisposeAsync();
        await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
    });

    [Fact]
    public Task Dispose_gives_up_on_a_peer_that_never_stops_sending() => Run(new() { LingerTimeout = Short }, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var sending = client.SendUntilGoneAsync();
        await server.ReceiveAsync(100_000);
        await server.DisposeAsync();
        await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await sending;
        await client.ReceiveToErrorAsync();
        await client.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
    });

    [Fact]
    public Task Dispose_ends_a_read_that_waits() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var reading = server.ReadAsync();
        var closing = server.DisposeAsync();
        var read = await reading;
        Assert.True(read.IsCanceled);
        server.Input.AdvanceTo(read.Buffer.End);
        Assert.IsType<ConnectionAbortedException>(await server.ReceiveToErrorAsync());
        await client.ReceiveFinAsync();
        await client.DisposeAsync();
        await closing;
        await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
    });

    [Fact]
    public Task Dispose_leaves_a_read_that_has_ended_its_result() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
#pragma warning disable CA2012 // Awaited once, after the connection was closed.
        var reading = server.Input.ReadAsync(TestContext.Current.CancellationToken);
#pragma warning restore CA2012
        await client.SendAsync("x");
        await world.BecomesTrueAsync(() => server.BytesReceived == 1);
        var closing = server.DisposeAsync();
        var read = await reading;
        server.Input.AdvanceTo(read.Buffer.End);
        Assert.IsType<ConnectionAbortedException>(await server.ReceiveToErrorAsync());
        await client.DisposeAsync();
        await closing;
    });

    [Fact]
    public Task Dispose_leaves_a_reader_the_bytes_it_holds() => Run(SmallBuffers with { LingerTimeout = Short }, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var flushing = OfferTooMuch(client);
        var read = await server.ReadAsync();
        await server.DisposeAsync();
        Up.Check(read.Buffer, 0);
        server.Input.AdvanceTo(read.Buffer.End);
        Assert.IsType<ConnectionAbortedException>(await server.ReceiveToErrorAsync());
        if (!fixture.CountsDiscarded)
        {
            await world.Soon(flushing); // What follows was taken below, and thrown away.
            return;
        }

        Assert.True((await world.Soon(flushing)).IsCompleted);
        await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await client.ReceiveToErrorAsync();
        await client.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
    });

    [Fact]
    public Task Dispose_lets_a_flush_that_waits_come_to_its_end() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var flushing = OfferTooMuch(client);
        var closing = client.DisposeAsync();
        await server.ReceiveAsync(Up, TooMuch);
        await server.ReceiveFinAsync();
        await world.Soon(flushing);
        await server.DisposeAsync();
        await closing;
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
    });

    [Fact]
    public Task Disposing_twice_and_aborting_after_it_change_nothing() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await Task.WhenAll(client.DisposeAsync(), client.DisposeAsync(), server.DisposeAsync());
        await client.DisposeAsync();
        await Task.WhenAll(client.Closed, server.Closed);
        var reasons = (client.Reason, server.Reason);
        client.Connection.Abort();
        server.Connection.Abort(CloseCause.Limit, "too late");
        Assert.Equal(reasons, (client.Reason, server.Reason));
        Assert.Equal((CloseCause.Fin, CloseCause.Fin), (client.Reason!.Cause, server.Reason!.Cause));
    });

    [Fact]
    public Task Abort_ends_a_dispose_that_waits() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var closing = client.DisposeAsync();
        await server.ReceiveFinAsync();
        client.Connection.Abort();
        await closing;
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Abort);
    });

    [Fact]
    public Task Dispose_and_abort_may_race_on_both_ends() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        for (var round = 0; round < 100; round++)
        {
            var (client, server) = await world.ConnectAsync(listener);
            var writing = client.SendUntilGoneAsync();
            await server.ReceiveAsync(100);
            var closing = Task.WhenAll(server.DisposeAsync(), AbortAsync(server.Connection));
            await world.Soon(closing);
            await writing;
            await client.ReceiveToErrorAsync();
            await Task.WhenAll(client.Closed, server.Closed);
            Assert.Equal((ClosedBy.Local, CloseCause.Abort), (server.Reason!.By, server.Reason.Cause));
            Assert.Equal(ClosedBy.Peer, client.Reason!.By);
        }

        // Elsewhere than on the caller's thread, where the world has more than one.
        static async Task AbortAsync(ConnectionContext connection)
        {
            await Task.Yield();
            connection.Abort();
        }
    });

    [Fact]
    public Task A_callback_of_ConnectionClosed_that_throws_affects_nothing_else() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        client.Connection.ConnectionClosed.Register(() => throw new InvalidOperationException("careless"));
        await Task.WhenAll(client.DisposeAsync(), server.DisposeAsync());
        await world.Soon(client.Closed);
    });
}
