using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

/// <summary>What <see cref="IAcceptQueueListener"/> promises, which every listener with a queue implements.</summary>
public abstract partial class QueueContract
{
    [Fact]
    public Task The_accept_queue_reports_the_clients_that_wait_or_nothing() => Run(async world =>
    {
        var (listener, queue) = await ListenWithQueueAsync(world);
        if (!Fixture.HasQueueLength)
        {
            Assert.Null(queue.GetQueue());
            return;
        }

        Assert.Equal(0, queue.GetQueue()!.Value.Depth);
        for (var waiting = 1; waiting <= 3; waiting++)
        {
            await world.ConnectClientAsync(listener);
            await world.BecomesTrueAsync(() => queue.GetQueue()?.Depth == waiting);
        }

        Assert.InRange(queue.GetQueue()!.Value.Limit, 3, int.MaxValue);
        for (var waiting = 2; waiting >= 0; waiting--)
        {
            await world.AcceptAsync(listener);
            Assert.Equal(waiting, queue.GetQueue()!.Value.Depth);
        }
    });

    [Fact]
    public Task The_accept_queue_agrees_with_the_state_of_the_socket() => Run(async world =>
    {
        var (_, queue) = await ListenWithQueueAsync(world);
        var info = queue.GetTcpInfo();
        if (!Fixture.HasListenerTcpInfo)
        {
            Assert.Null(info?.AcceptQueueLimit);
            return;
        }

        Assert.Equal(TcpState.Listen, info!.State);
        Assert.Equal(AcceptQueueInfo.FromTcpInfo(info), queue.GetQueue());
    });

    [Fact]
    public Task Shedding_resets_no_more_clients_than_it_may_and_the_others_are_served() => Run(async world =>
    {
        var (listener, queue) = await ListenWithQueueAsync(world);
        var clients = new List<TestEnd>();
        for (var i = 0; i < 3; i++)
            clients.Add(await world.ConnectClientAsync(listener));
        await BecomeWaitingAsync(world, queue, clients.Count);

        Assert.Equal(0, queue.Shed(0));
        Assert.Equal(2, queue.Shed(2));

        foreach (var client in clients)
            await client.Output.WriteAsync("x"u8.ToArray()); // If the reset was lost, it is repeated.
        await world.BecomesTrueAsync(() => clients.Count(client => client.Reason is not null) == 2);
        if (Fixture.HasReset)
            Assert.Equal(2, clients.Count(client => client.Reason is { By: ClosedBy.Peer, Cause: CloseCause.Reset }));
        var server = await world.AcceptAsync(listener);
        await server.ShouldReceiveAsync("x");
        Assert.Equal(0, queue.Shed(int.MaxValue));
        await ShouldCloseInOrderAsync(clients.Single(client => client.Reason is null), server);
    });

    [Fact]
    public Task Shedding_spares_accepted_connections_and_the_listener() => Run(async world =>
    {
        var (listener, queue) = await ListenWithQueueAsync(world);
        var (client, server) = await world.ConnectAsync(listener);
        var waiting = await world.ConnectClientAsync(listener);
        await BecomeWaitingAsync(world, queue, 1);

        Assert.Equal(1, queue.Shed(int.MaxValue));
        Assert.Equal(0, queue.Shed(int.MaxValue));

        await world.BecomesTrueAsync(() => waiting.Reason is not null);
        await client.SendAsync("x");
        await server.ShouldReceiveAsync("x");
        var (nextClient, nextServer) = await world.ConnectAsync(listener);
        await nextClient.SendAsync("y");
        await nextServer.ShouldReceiveAsync("y");
    });

    [Fact]
    public Task The_accept_queue_of_an_unbound_listener_sheds_nothing_and_throws_nothing() => Run(async world =>
    {
        var (listener, queue) = await ListenWithQueueAsync(world);
        await listener.UnbindAsync(TestContext.Current.CancellationToken);

        Assert.Null(queue.GetTcpInfo());
        Assert.Equal(0, queue.GetQueue()?.Depth ?? 0);
        Assert.Equal(0, queue.Shed(int.MaxValue));
        await listener.DisposeAsync();
        Assert.Equal(0, queue.Shed(int.MaxValue));
    });

    private static async Task<(IConnectionListener Listener, IAcceptQueueListener Queue)> ListenWithQueueAsync(
        TransportWorld world)
    {
        var listener = await world.ListenAsync();
        return (listener, Assert.IsAssignableFrom<IAcceptQueueListener>(listener));
    }

    private async Task BecomeWaitingAsync(TransportWorld world, IAcceptQueueListener queue, int count)
    {
        // Where the queue is not reported, the clients of this machine wait in it once they are connected.
        await Fixture.ArriveAsync(world);
        if (Fixture.HasQueueLength)
            await world.BecomesTrueAsync(() => queue.GetQueue()?.Depth == count);
    }
}
