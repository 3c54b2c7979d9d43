using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Takeover.Tests.Support;
using static Sockeye.Takeover.Tests.Restart.RestartWorld;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>Connections that wait in the descriptor store of systemd between two servers.</summary>
[Collection("descriptors")]
public sealed class ConnectionStoreTests
{
    public static TheoryData<string> Transports => TakeoverWorld.Transports;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Transports))]
    public async Task Connections_continue_where_they_stood_and_the_store_is_empty_then(string transport)
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync(transport);
        var (idle, half) = (await world.ConnectAsync(before), await world.ConnectAsync(before));
        await SendAsync(half, "ha");
        await TestWait.UntilAsync(() => before.GetConnections().Any(one => one.BytesReceived == "first\nha".Length));
        var ids = before.GetConnections().Select(one => one.ConnectionId).ToList();

        Assert.Equal(2, await world.StoreAsync(before));
        Assert.Equal(["sockeye-conn", "sockeye-conn", "sockeye-conn"], world.Manager.StoredNames); // The states, too.
        Assert.StartsWith("2 connections are in the descriptor store", world.Line(1342), StringComparison.Ordinal);
        await SendAsync(half, "lf\nmore"); // While nothing serves.
        world.Manager.DropHungUp();

        var next = await world.StartAsync(transport, before.EndPoints[0]);
        Assert.Equal(2, await world.RestoreAsync(next));
        Assert.Empty(world.Manager.StoredNames);
        Assert.Equal(ids.Order(), next.GetConnections().Select(one => one.ConnectionId).Order());
        await AssertReceivedAsync(half, "2: half\n");
        await SendAsync(half, " lines\n");
        await AssertReceivedAsync(half, "3: more lines\n");
        await AssertAnsweredAsync(idle, "second", 2);
        Assert.Contains("0 have ended meanwhile", world.Line(1346), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_stays_open_after_the_last_client()
    {
        await using var world = new RestartWorld();
        world.CreateStore(); // With its socket.
        var server = await world.StartAsync("sockets");
        var descriptors = await DescriptorWatch.StartAsync(world.Folder);
        var client = await world.ConnectAsync(server);
        for (var i = 2; i < 5; i++)
        {
            await world.StoreAsync(server);
            server = await world.StartAsync("sockets", server.EndPoints[0]);
            await world.RestoreAsync(server);
            await AssertAnsweredAsync(client, "again", i);
        }

        client.Dispose();
        await server.StopAsync(Cancelled);
        await descriptors.AllCloseAsync();
    }

    [Fact]
    public async Task Removal_is_confirmed_before_a_connection_is_served()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        world.Manager.IsSlow = true;
        await SendAsync(client, "second\n");
        var time = new FakeTimeProvider();
        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        var messages = world.Manager.Messages.Count;
        var restoring = world.CreateStore(time).RestoreAsync(world.Manager.PassHere(), [next]);
        await TestWait.UntilAsync(() => world.Manager.Messages.Count == messages + 2);
        Assert.Equal(["FDSTOREREMOVE=1\nFDNAME=sockeye-conn", "BARRIER=1"], world.Manager.Messages.Skip(messages));
        Assert.Equal(0, next.ConnectionCount);

        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, await restoring.WaitAsync(TestWait.Limit, Cancelled));
        Assert.Contains("1 connection from the descriptor store", world.Line(1347), StringComparison.Ordinal);
        await AssertEndedAsync(client);
    }

    [Fact]
    public async Task Connections_that_systemd_does_not_confirm_are_left_to_it()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        world.Manager.IsSlow = true;
        var time = new FakeTimeProvider();
        var storing = world.CreateStore(time).StoreAsync([before], 100, Cancelled);
        await TestWait.UntilAsync(() => world.Manager.Messages.Contains("BARRIER=1"));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, await storing.WaitAsync(TestWait.Limit, Cancelled));
        Assert.Contains("has not confirmed within 00:00:10", world.Line(1345), StringComparison.Ordinal);
        await before.StopAsync(Cancelled);

        world.Manager.IsSlow = false;
        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        Assert.Equal(1, await world.RestoreAsync(next));
        await AssertAnsweredAsync(client, "second", 2);
    }

    [Fact]
    public async Task Connections_drain_if_systemd_is_not_there()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        var store = world.CreateStore();
        world.Manager.Dispose();
        Assert.Equal(0, await store.StoreAsync([before], 100, Cancelled));
        Assert.Contains("1 connections could not be sent", world.Line(1344), StringComparison.Ordinal);
        await AssertAnsweredAsync(client, "second", 2); // Until the stop.
        await before.StopAsync(Cancelled);
        await AssertEndedAsync(client);
    }

    [Fact]
    public async Task Connections_that_have_no_room_drain()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        List<Socket> clients = [];
        for (var i = 0; i < 3; i++)
            clients.Add(await world.ConnectAsync(before));
        Assert.Equal(2, await world.CreateStore().StoreAsync([before], 3, Cancelled));
        Assert.Contains("has room for 3 descriptors", world.Line(1343), StringComparison.Ordinal);
        Assert.EndsWith("and 1 drain here.", world.Line(1342), StringComparison.Ordinal);
        await TestWait.UntilAsync(() => before.ConnectionCount == 1);
        var draining = TakeClientOf(before, clients);
        await AssertAnsweredAsync(draining, "second", 2);
        await before.StopAsync(Cancelled);
        await AssertEndedAsync(draining);

        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        Assert.Equal(2, await world.RestoreAsync(next));
        await AssertAnsweredAsync(clients[0], "second", 2);
        await AssertAnsweredAsync(clients[1], "second", 2);
    }

    /// <summary>The service was told a number that its unit does not have.</summary>
    [Fact]
    public async Task Connections_that_systemd_has_no_room_for_end_and_the_others_continue()
    {
        await using var world = new RestartWorld(maxStored: 2);
        var before = await world.StartAsync("sockets");
        List<Socket> clients = [await world.ConnectAsync(before), await world.ConnectAsync(before)];
        await world.StoreAsync(before);
        Assert.Equal(1, world.Manager.Refused);

        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        Assert.Equal(1, await world.RestoreAsync(next));
        Assert.Contains("1 have ended meanwhile", world.Line(1346), StringComparison.Ordinal);
        await AssertAnsweredAsync(TakeClientOf(next, clients), "second", 2);
        await AssertEndedAsync(Assert.Single(clients));
    }

    [Fact]
    public async Task Large_numbers_are_stored_in_several_messages()
    {
        await using var world = new RestartWorld(maxStored: 1000);
        var before = await world.StartAsync("sockets", time: new FakeTimeProvider()); // No handler is too slow.
        List<Socket> clients = [];
        for (var i = 0; i < DescriptorMessage.MaxDescriptors + 2; i++)
            clients.Add(await world.ConnectAsync(before));
        Assert.Equal(clients.Count, await world.StoreAsync(before, maxDescriptors: 1000));
        Assert.Equal(2, world.Manager.Messages.Count(message => message == "BARRIER=1"));
        Assert.Equal(clients.Count + 2, world.Manager.StoredNames.Count);

        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        Assert.Equal(clients.Count, await world.RestoreAsync(next));
        foreach (var client in clients)
            await AssertAnsweredAsync(client, "second", 2);
    }

    [Fact]
    public async Task Handler_that_does_not_answer_keeps_its_connection()
    {
        await using var world = new RestartWorld();
        var (reached, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        var options = new SockeyeServerOptions { Transport = new SocketTransport(), LoggerFactory = world.Log };
        options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).UseMoving().Run(async connection =>
        {
            await connection.Transport.Output.WriteAsync("1: first\n"u8.ToArray(), Cancelled);
            reached.SetResult();
            await finish.Task;
        });
        var server = await world.StartAsync(options);
        var client = await world.ConnectAsync(server);
        await reached.Task.WaitAsync(TestWait.Limit, Cancelled);
        Assert.Equal(0, await world.CreateStore().StoreAsync([server], 100, Cancelled));
        Assert.Contains("did not answer within 1 s", world.Line(1360), StringComparison.Ordinal);
        Assert.Empty(world.Manager.StoredNames);
        finish.SetResult();
        await AssertEndedAsync(client);
    }

    [Fact]
    public async Task Connection_whose_peer_has_reset_it_is_gone_and_the_others_continue()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var (client, peer) = (await world.ConnectAsync(before), await world.ConnectAsync(before));
        await world.StoreAsync(before);
        peer.LingerState = new(enable: true, seconds: 0);
        peer.Dispose();
        world.Manager.DropHungUp();
        Assert.Equal(2, world.Manager.StoredNames.Count);

        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        Assert.Equal(1, await world.RestoreAsync(next));
        Assert.Contains("1 have ended meanwhile", world.Line(1346), StringComparison.Ordinal);
        await AssertAnsweredAsync(client, "second", 2);
    }

    /// <summary>The reset comes when systemd has just passed the socket.</summary>
    [Theory, MemberData(nameof(Transports))]
    public async Task Connection_whose_peer_is_gone_ends_at_once(string transport)
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync(transport);
        var peer = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        peer.LingerState = new(enable: true, seconds: 0);
        peer.Dispose();
        var next = await world.StartAsync(transport, before.EndPoints[0]);
        await world.RestoreAsync(next);
        await TestWait.UntilAsync(() => next.ConnectionCount == 0);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Lines_and_the_end_that_come_meanwhile_are_served(string transport)
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync(transport);
        var client = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        await SendAsync(client, "second\nthird\n");
        client.Shutdown(SocketShutdown.Send);
        world.Manager.DropHungUp(); // A peer that has only ended its direction has not hung up.
        var next = await world.StartAsync(transport, before.EndPoints[0]);
        Assert.Equal(1, await world.RestoreAsync(next));
        await AssertReceivedAsync(client, "2: second\n3: third\n");
        await AssertEndedAsync(client);
    }

    [Fact]
    public async Task Pause_counts_in_the_age()
    {
        await using var world = new RestartWorld();
        var time = new FakeTimeProvider();
        var before = await world.StartAsync("sockets", time: time);
        await world.ConnectAsync(before);
        await world.CreateStore(time).StoreAsync([before], 100, Cancelled);
        await before.StopAsync(Cancelled);
        time.Advance(TimeSpan.FromMinutes(5));
        var next = await world.StartAsync("sockets", before.EndPoints[0], time);
        Assert.Equal(1, await world.CreateStore(time).RestoreAsync(world.Manager.PassHere(), [next]));
        Assert.Equal(TimeSpan.FromMinutes(5), Assert.Single(next.GetConnections()).Age);
        Assert.Contains("after a pause of at most 00:05:00", world.Line(1346), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_stop_closes_the_connections()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        world.Manager.Discard();
        await AssertEndedAsync(client);
    }

    /// <summary>Removes the client of the only connection of a server from a list.</summary>
    private static Socket TakeClientOf(SockeyeServer server, List<Socket> clients)
    {
        var remote = Assert.Single(server.GetConnections()).RemoteEndPoint;
        var client = clients.Single(client => client.LocalEndPoint!.Equals(remote));
        clients.Remove(client);
        return client;
    }
}
