using System.Net.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Fact]
    public Task Connected_and_accepted_connection_are_two_ends_of_one_stream() => Run(async world =>
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
    public Task Each_of_200_clients_has_a_separate_connection_while_the_listener_continues_to_accept() => Run(async world =>
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
    public Task Connecting_where_no_listener_is_bound_is_refused() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<SocketException>(
            () => world.ConnectClientAsync(listener, TestContext.Current.CancellationToken));
    });

    [Fact]
    public Task Both_ends_know_the_address_of_the_connect() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        var (client, server) = await world.ConnectAsync(listener);
        Assert.Equal(listener.EndPoint, server.Connection.LocalEndPoint);
        Assert.Equal(listener.EndPoint, client.Connection.RemoteEndPoint);
        Assert.NotEqual(client.Connection.ConnectionId, server.Connection.ConnectionId);
    });
}
