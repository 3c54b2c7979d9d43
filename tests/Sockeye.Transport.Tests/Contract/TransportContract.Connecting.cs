using System.Net.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Fact]
    public Task Dialled_and_accepted_connection_are_two_ends_of_one_stream() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync("ping");
        await server.ShouldReceiveAsync("ping");
        await server.SendAsync("pong");
        await client.ShouldReceiveAsync("pong");
        Assert.Null(client.Reason);
        Assert.Null(server.Reason);
        Assert.False(client.Closed.IsCompleted || server.Closed.IsCompleted);

        var closing = client.DisposeAsync();
        await server.ReceiveFinAsync();
        await server.DisposeAsync();
        await closing;
        await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
    });

    [Fact]
    public Task Addresses_of_both_ends_agree_crosswise() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        var (client, server) = await world.ConnectAsync(listener);
        Assert.Equal(listener.EndPoint, server.Connection.LocalEndPoint);
        Assert.Equal(listener.EndPoint, client.Connection.RemoteEndPoint);
        Assert.NotEqual(client.Connection.ConnectionId, server.Connection.ConnectionId);
        Assert.SkipUnless(fixture.HasClientAddress, "A dialling end has no address here.");
        Assert.NotNull(client.Connection.LocalEndPoint);
        Assert.Equal(client.Connection.LocalEndPoint, server.Connection.RemoteEndPoint);
        Assert.NotEqual(client.Connection.LocalEndPoint, client.Connection.RemoteEndPoint);
    });

    [Fact]
    public Task Each_of_200_clients_has_a_connection_of_its_own_while_the_listener_goes_on_accepting() => Run(async world =>
    {
        const int Count = 200;
        var listener = await world.ListenAsync();
        List<(TestEnd Client, TestEnd Server)> pairs = [];
        for (var i = 0; i < Count; i++)
            pairs.Add(await world.ConnectAsync(listener));

        await Task.WhenAll(pairs.Select(async (pair, i) =>
        {
            await pair.Client.SendAsync(BitConverter.GetBytes(i));
            await pair.Server.SendAsync(await pair.Server.ReceiveAsync(sizeof(int)));
            Assert.Equal(i, BitConverter.ToInt32(await pair.Client.ReceiveAsync(sizeof(int))));
        }));
        var ends = pairs.SelectMany(pair => new[] { pair.Client, pair.Server });
        Assert.Equal(2 * Count, ends.DistinctBy(end => end.Connection.ConnectionId).Count());

        // The end of one is the end of no other.
        pairs[0].Client.Connection.Abort();
        await pairs[0].Server.ReceiveToErrorAsync();
        await pairs[1].Client.SendAsync("x");
        await pairs[1].Server.ShouldReceiveAsync("x");
        Assert.All(pairs.Skip(1), pair => Assert.Null(pair.Server.Reason));
    });

    [Fact]
    public Task Connecting_where_nobody_listens_is_refused() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<SocketException>(() => world.DialAsync(listener, TestContext.Current.CancellationToken));
    });

    [Fact]
    public Task Clients_over_the_backlog_wait_and_are_served_once_accepting_begins() => Run(new() { Backlog = 1 }, async world =>
    {
        Assert.SkipUnless(fixture.ConnectWaitsForBacklog, "A connect does not wait for the backlog here.");
        var listener = await world.ListenAsync();
        var waiting = Enumerable.Range(0, 4)
            .Select(_ => world.DialAsync(listener, TestContext.Current.CancellationToken))
            .ToList();
        await world.Soon(Task.WhenAny(waiting));
        for (var i = 0; i < waiting.Count; i++)
        {
            var server = await world.AcceptAsync(listener);
            await server.SendAsync("hello");
        }

        foreach (var client in await Task.WhenAll(waiting))
            await client.ShouldReceiveAsync("hello");
    });
}
