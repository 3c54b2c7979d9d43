using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Fact]
    public Task A_cancelled_accept_leaves_the_listener_as_it_was() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        using var cancelling = new CancellationTokenSource();
        var accepting = world.AcceptAsync(listener, cancelling.Token);
        cancelling.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.AcceptAsync(listener, cancelling.Token));
        await world.ConnectAsync(listener);
    });

    [Fact]
    public Task A_connect_cancelled_before_it_began_reaches_no_listener() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.ConnectClientAsync(listener, new(canceled: true)));
        var (client, server) = await world.ConnectAsync(listener);
        await client.SendAsync("x");
        await server.ShouldReceiveAsync("x");
    });

    [Fact]
    public Task A_cancelled_read_loses_nothing() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        using var cancelling = new CancellationTokenSource();
        var reading = server.ReadAsync(cancelling.Token);
        cancelling.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await client.SendAsync("still here");
        await server.ShouldReceiveAsync("still here");
        await ShouldCloseInOrderAsync(client, server);
    });

    [Fact]
    public Task A_cancelled_flush_loses_nothing() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        using var cancelling = new CancellationTokenSource();
        var flushing = OfferTooMuch(client, cancelling.Token);
        cancelling.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flushing);
        await server.ReceiveAsync(Up, TooMuch);
        Assert.False((await client.FlushAsync()).IsCompleted);
        await ShouldCloseInOrderAsync(client, server);
    });

    [Fact]
    public Task CancelPendingRead_ends_one_read_only() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var reading = server.ReadAsync();
        server.Input.CancelPendingRead();
        var read = await reading;
        Assert.True(read.IsCanceled && read.Buffer.IsEmpty && !read.IsCompleted);
        server.Input.AdvanceTo(read.Buffer.End);
        await client.SendAsync("still here");
        await server.ShouldReceiveAsync("still here");
        await ShouldCloseInOrderAsync(client, server);
    });

    [Fact]
    public Task CancelPendingFlush_ends_one_flush_only() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var flushing = OfferTooMuch(client);
        client.Output.CancelPendingFlush();
        var flush = await world.Soon(flushing);
        Assert.True(flush.IsCanceled && !flush.IsCompleted);
        await server.ReceiveAsync(Up, TooMuch);
        Assert.False((await client.FlushAsync()).IsCanceled);
        await ShouldCloseInOrderAsync(client, server);
    });

    protected static async Task ShouldCloseInOrderAsync(TestEnd client, TestEnd server)
    {
        var closing = client.DisposeAsync();
        await server.ReceiveFinAsync();
        await server.DisposeAsync();
        await closing;
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
    }
}
