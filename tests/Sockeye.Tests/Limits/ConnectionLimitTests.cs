using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

/// <summary>What happens to a client without a permit, on one endpoint and on the server as a whole.</summary>
public sealed class ConnectionLimitTests
{
    private const int Seed = 31;

    /// <summary>The same limit at either place.</summary>
    public static TheoryData<bool> Scopes => [false, true];

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Clients_left_in_the_backlog_are_served_in_order_as_permits_become_free(bool wholeServer) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await Start(world, 2, LimitAction.LeaveInBacklog, wholeServer);
            var clients = new List<ConnectionContext>();
            for (var i = 0; i < 6; i++)
                clients.Add(await world.Connect());

            await world.Pass(TimeSpan.FromSeconds(30));
            Assert.Equal(2, Accepted(world));
            Assert.Equal(2, server.ConnectionCount);

            for (var i = 0; i < 6; i++)
            {
                await clients[i].SendAsync("x");
                Assert.Equal("x", await clients[i].ReadAsync(1));
                Assert.Equal(Math.Min(6, i + 2), Accepted(world));
                await clients[i].DisposeAsync();
                await world.Until(() => Accepted(world) == Math.Min(6, i + 3), "the next one was accepted");
            }

            await world.Until(() => server.ConnectionCount == 0, "all were gone");
            Assert.Empty(world.Log.WithId(1204));
            Assert.Empty(world.Log.WithId(1300));
            Assert.Equal(wholeServer ? 1 : 0, world.Log.WithId(1302).Count());
            Assert.Equal(wholeServer ? 0 : 1, world.Log.WithId(1301).Count());
        });

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Server_whose_permits_are_taken_stops_without_waiting_for_one(bool wholeServer) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await Start(world, 1, LimitAction.LeaveInBacklog, wholeServer);
            await using var served = await Echoed(world);
            await using var waiting = await world.Connect();
            await served.Transport.Output.CompleteAsync();

            var stopped = server.StopAsync();
            await waiting.AssertResetAsync();

            Assert.Equal((1, 0), ((await stopped).Drained, (await stopped).Aborted));
        });

    [Theory]
    [MemberData(nameof(Scopes))]
    public void With_several_listeners_no_more_are_served_than_there_are_permits(bool wholeServer) =>
        Simulated.Run(Seed, async world =>
        {
            var (now, most, served) = (0, 0, 0);
            await using var server = await SockeyeServer.StartAsync(options =>
            {
                (options.Transport, options.TimeProvider, options.LoggerFactory) = (world.Server, world.Time, world.Log);
                if (wholeServer)
                    (options.MaxConnections, options.AtMaxConnections) = (1, LimitAction.LeaveInBacklog);
                var listen = options.ListenLocalhost(7001);
                if (!wholeServer)
                    listen.UseConnectionLimit(1, LimitAction.LeaveInBacklog);
                listen.Run(async connection =>
                {
                    most = Math.Max(most, ++now);
                    await world.Pass(TimeSpan.FromSeconds(1));
                    now--;
                    served++;
                });
            });
            var clients = new List<ConnectionContext>();
            for (var i = 0; i < 10; i++)
            {
                foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
                    clients.Add(await world.Server.ConnectAsync(new IPEndPoint(address, 7001)));
            }

            // One a listener is accepted at most; the others are not.
            Assert.InRange(server.ConnectionCount, 1, 2);
            await Task.WhenAll(clients.Select(client => client.ReadToEndAsync()));

            Assert.Equal((1, 20), (most, served));
            foreach (var client in clients)
                await client.DisposeAsync();
        });

    [Fact]
    public void Accepted_client_that_waits_for_a_permit_is_closed_by_a_stop_and_is_not_served() =>
        Simulated.Run(Seed, async world =>
        {
            var served = 0;
            await using var server = await SockeyeServer.StartAsync(options =>
            {
                (options.Transport, options.TimeProvider, options.LoggerFactory) = (world.Server, world.Time, world.Log);
                options.ListenLocalhost(7001).UseConnectionLimit(1, LimitAction.LeaveInBacklog).Run(async connection =>
                {
                    served++;
                    await connection.StopRequested.WhenCancelledAsync();
                });
            });
            await using var first = await world.Server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 7001));
            await using var second = await world.Server.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, 7001));
            await world.Pass(TimeSpan.FromSeconds(10));
            Assert.Equal((2, 1), (server.ConnectionCount, served));

            var stopped = server.StopAsync();
            Assert.Equal("", await second.ReadToEndAsync());
            Assert.Equal("", await first.ReadToEndAsync());
            await second.Transport.Output.CompleteAsync();
            await first.Transport.Output.CompleteAsync();

            Assert.Equal((2, 0), ((await stopped).Drained, (await stopped).Aborted));
            Assert.Equal(1, served);
            Assert.Equal(2, world.Log.WithId(1200).Count(line => line.Message.Contains("Local Stop Output")));
        });

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Client_over_the_limit_gets_the_message_in_whole_and_then_FIN(bool wholeServer) =>
        Simulated.Run(Seed, async world =>
        {
            var message = new string('m', LimitAction.MaxMessageLength - 2) + "\r\n";
            await using var server = await Start(world, 1, LimitAction.SendAndClose(message), wholeServer);
            await using var served = await Echoed(world);

            for (var i = 0; i < 3; i++)
            {
                await using var refused = await world.Connect();
                await refused.SendAsync("a request without a reader");
                Assert.Equal(message, await refused.ReadToEndAsync());
            }

            await served.SendAsync("y");
            Assert.Equal("y", await served.ReadAsync(1));
            Assert.Equal(wholeServer ? 1 : 0, world.Log.WithId(1003).Count());
            Assert.Equal(wholeServer ? 0 : 1, world.Log.WithId(1300).Count());
        });

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Client_that_stays_after_its_message_is_reset_in_a_second(bool wholeServer) => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, 1, LimitAction.SendAndClose("full\r\n"), wholeServer);
        await using var served = await Echoed(world);
        await using var refused = await world.Connect();
        var begun = world.Network.Elapsed;

        Assert.Equal("full\r\n", await refused.ReadAsync(6));
        await world.Until(() => refused.ConnectionClosed.IsCancellationRequested || Reset(world), "it was reset");

        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.3));
        Assert.Equal(1, server.ConnectionCount);
    });

    [Theory]
    [MemberData(nameof(Scopes))]
    public void A_limited_number_get_the_message_at_a_time_and_the_others_are_reset(bool wholeServer) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await Start(world, 1, LimitAction.SendAndClose("full\r\n"), wholeServer);
            await using var served = await Echoed(world);
            var (answered, reset) = (0, 0);
            var clients = Enumerable.Range(0, Refusal.MaxConcurrentMessages + 200).Select(_ => RefusedAsync()).ToList();

            await Task.WhenAll(clients);
            Assert.Equal((Refusal.MaxConcurrentMessages, 200), (answered, reset));
            await world.Pass(TimeSpan.FromSeconds(2));
            await RefusedAsync();
            Assert.Equal(Refusal.MaxConcurrentMessages + 1, answered);

            async Task RefusedAsync()
            {
                try
                {
                    var client = await world.Connect();
                    Assert.Equal("full\r\n", await client.ReadToEndAsync());
                    answered++;
                    await client.DisposeAsync();
                }
                catch (ConnectionResetException)
                {
                    reset++;
                }
            }
        });

    [Fact]
    public void Flood_is_counted_one_by_one_and_logged_once_a_minute() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, 1, LimitAction.Reset, wholeServer: false);
        await using var served = await Echoed(world);

        for (var i = 0; i < 100; i++)
            await world.AssertRejects();
        await world.Pass(TimeSpan.FromMinutes(1));
        await world.AssertRejects();

        Assert.Equal(2, world.Log.WithId(1300).Count());
        Assert.Contains("UseConnectionLimit on [::]:7000 refuses clients: 100 since", world.Log.WithId(1300).Last().Message);
        Assert.Equal(101, world.Log.WithId(1204).Count());
    });

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Permit_of_a_connection_that_breaks_in_its_handler_is_free_again(bool wholeServer) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await Start(
                world, 1, LimitAction.LeaveInBacklog, wholeServer, _ => throw new InvalidOperationException("broken"));
            for (var i = 0; i < 20; i++)
                await world.AssertRejects();
            await world.Until(() => world.Log.WithId(1200).Count() == 20, "all had ended");
            Assert.Equal(0, server.ConnectionCount);
        });

    private static bool Reset(Simulated world) =>
        world.Network.FormatTrace(200).Contains("RST", StringComparison.OrdinalIgnoreCase);

    private static int Accepted(Simulated world) =>
        world.Network.FormatTrace().Split('\n').Count(line => line.EndsWith("  accepted", StringComparison.Ordinal));

    private static async Task<ConnectionContext> Echoed(Simulated world)
    {
        var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);
        return client;
    }

    private static Task<SockeyeServer> Start(
        Simulated world, int most, LimitAction action, bool wholeServer, ConnectionDelegate? handler = null) =>
        world.StartWith(
            listen => (wholeServer ? listen : listen.UseConnectionLimit(most, action)).Run(handler ?? ConnectionText.Echo),
            options =>
            {
                if (wholeServer)
                    (options.MaxConnections, options.AtMaxConnections) = (most, action);
            });
}
