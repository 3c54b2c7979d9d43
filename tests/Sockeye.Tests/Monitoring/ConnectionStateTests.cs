using System.Net;
using Sockeye.Tests.ProxyProtocol;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Monitoring;

/// <summary>What a server reports about its open connections: their state, and which side waits.</summary>
public sealed class ConnectionStateTests
{
    private const int Seed = 1701;
    private static readonly byte[] TooMuch = new byte[1_000_000];

    [Fact]
    public void Connection_is_open_then_half_closed_then_closing() => Simulated.Run(Seed, async world =>
    {
        var mayReturn = new TaskCompletionSource();
        await using var server = await world.Start(async connection =>
        {
            await connection.ReadToEndAsync();
            await mayReturn.Task;
        });
        var client = await world.Connect();
        await client.SendAsync("x");
        await world.Until(() => StateOf(server) is ConnectionState.Open, "the connection was open");

        await client.Transport.Output.CompleteAsync();
        await world.Until(() => StateOf(server) is ConnectionState.HalfClosed, "the client's FIN was met");

        // FIN is not received, so that the connection stays in closing.
        using (world.Client.Pause())
        {
            mayReturn.SetResult();
            await world.Until(() => StateOf(server) is ConnectionState.Closing, "the handler had returned");
        }

        await client.DisposeAsync();
        await world.Until(() => server.ConnectionCount == 0, "the connection was gone");
    });

    [Fact]
    public void Connection_that_was_reset_is_closing_while_its_handler_has_not_noticed() => Simulated.Run(Seed, async world =>
    {
        var mayReturn = new TaskCompletionSource();
        await using var server = await world.Start(_ => mayReturn.Task);
        var client = await world.Connect();
        await world.Until(() => StateOf(server) is ConnectionState.Open, "the connection was open");

        client.Abort();
        await world.Until(() => StateOf(server) is ConnectionState.Closing, "the reset was met");

        mayReturn.SetResult();
    });

    [Fact]
    public void Handler_that_does_not_read_shows_as_paused_reading_until_it_reads() => Simulated.Run(Seed, async world =>
    {
        var mayRead = new TaskCompletionSource();
        await using var server = await world.Start(async connection =>
        {
            await mayRead.Task;
            await connection.ReadToEndAsync();
        });
        await using var client = await world.Connect();
        var sending = client.Transport.Output.WriteAsync(TooMuch).AsTask();

        await world.Until(() => server.GetConnections() is [{ IsReadPaused: true }], "reading paused");
        Assert.Equal((1, 0), (server.GetLoad().ReadPaused, server.GetLoad().SendBlocked));

        mayRead.SetResult();
        await sending;
        await world.Until(() => server.GetConnections() is [{ IsReadPaused: false }], "reading went on");
        Assert.Equal(0, server.GetLoad().ReadPaused);
    });

    [Fact]
    public void Peer_that_does_not_take_shows_as_blocked_sending_until_it_takes() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection => await connection.Transport.Output.WriteAsync(TooMuch));
        await using var client = await world.Connect();

        await world.Until(() => server.GetConnections() is [{ IsSendBlocked: true }], "sending was blocked");
        Assert.Equal((0, 1), (server.GetLoad().ReadPaused, server.GetLoad().SendBlocked));
        await world.Pass(TimeSpan.FromSeconds(10));
        Assert.InRange(server.GetConnections()[0].IdleTime!.Value, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(11));

        Assert.Equal(TooMuch.Length, (await client.ReadToEndAsync()).Length);
        await world.Until(() => server.GetLoad().SendBlocked == 0, "sending went on");
    });

    [Fact]
    public void Connection_that_streams_at_the_speed_of_its_peer_is_not_blocked() => Simulated.Run(Seed, async world =>
    {
        world.Client.ReadRate = 1_000_000;
        await using var server = await world.Start(async connection => await connection.Transport.Output.WriteAsync(TooMuch));
        await using var client = await world.Connect();
        var reading = client.ReadToEndAsync();

        while (!reading.IsCompleted)
        {
            await world.Pass(TimeSpan.FromMilliseconds(10));
            Assert.Equal(0, server.GetLoad().SendBlocked);
        }
    });

    [Fact]
    public void Client_that_a_limit_holds_is_waiting() => Simulated.Run(Seed, async world =>
    {
        var port = ((IPEndPoint)(await world.Server.BindAsync(new IPEndPoint(IPAddress.Any, 0))).EndPoint).Port + 1;
        await using var server = await world.StartWith(
            listen => listen.Run(ConnectionText.Echo),
            options =>
            {
                (options.MaxConnections, options.AtMaxConnections) = (1, LimitAction.LeaveInBacklog);
                options.ListenAnyIP(port).Run(ConnectionText.Echo);
            });
        // Each listener waits for a client when the first one takes the place, and takes one more.
        await using var first = await world.Connect();
        await first.SendAsync("x");
        await first.ReadAsync(1);
        await using var second = await world.Client.ConnectAsync(new IPEndPoint(world.Server.Address, port));
        await world.Until(() => server.ConnectionCount == 2, "the second one was accepted");
        await world.Pass(TimeSpan.FromSeconds(2));

        Assert.Equal([ConnectionState.Open, ConnectionState.Waiting], server.GetConnections().Select(each => each.State));
        var load = server.GetLoad();
        Assert.Equal(1, load.Waiting);
        Assert.InRange(load.LongestWait, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.1));
        Assert.DoesNotContain(load.Signs, sign => sign.Kind is SaturationKind.HandlersWaiting);

        await first.DisposeAsync();
        await world.Until(() => server.GetConnections() is [{ State: ConnectionState.Open }], "its turn came");
        Assert.Equal((0, TimeSpan.Zero), (server.GetLoad().Waiting, server.GetLoad().LongestWait));
    });

    [Fact]
    public void Proxy_of_a_client_is_shown_beside_the_clients_own_address() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        await using var proxy = await world.Connect();
        await world.Until(() => server.GetConnections() is [{ ProxyEndPoint: null }], "the proxy was accepted");

        await proxy.SendAsync(ProxiedServer.Line);
        await proxy.ReadLineAsync();

        var info = Assert.Single(server.GetConnections());
        Assert.Equal("192.0.2.7:56324", $"{info.RemoteEndPoint}");
        Assert.Equal(proxy.LocalEndPoint, info.ProxyEndPoint);
    });

    [Fact]
    public async Task Transport_that_does_not_report_leaves_values_unknown()
    {
        var transport = new ScriptedServerTransport();
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = transport;
            options.ListenLocalhost(0).Run(connection => connection.ConnectionClosed.WhenCancelledAsync());
        }, TestContext.Current.CancellationToken);
        var connection = MemoryConnection.CreatePair().Server;
        transport.Listener.Accept(connection);
        await BoundedWait.Until(() => server.GetConnections() is [{ State: ConnectionState.Open }], "the handler ran");

        var info = server.GetConnections()[0];
        Assert.False(info.IsReadPaused || info.IsSendBlocked);
        Assert.Null(info.IdleTime);

        connection.Abort();
        await BoundedWait.Until(() => server.ConnectionCount == 0, "the connection was gone");
    }

    private static ConnectionState? StateOf(SockeyeServer server) =>
        server.GetConnections() is [var only] ? only.State : null;
}
