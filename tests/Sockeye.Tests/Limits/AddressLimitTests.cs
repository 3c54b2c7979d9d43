using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class AddressLimitTests
{
    private const int Seed = 33;

    [Fact]
    public void Flood_from_one_address_never_keeps_another_one_out() => Simulated.Run(Seed, async world =>
    {
        var good = world.Network.AddHost("good");
        await using var server = await world.StartWith(listen => listen
            .UseAddressLimit(options => (options.MaxConnections, options.AcceptRate) = (5, 10))
            .Run(ConnectionText.Echo), options => options.MaxConnections = 20);
        var (over, served, refused) = (false, 0, 0);
        var flood = Enumerable.Range(0, 50).Select(_ => Flood()).ToList();

        for (var i = 0; i < 100; i++)
        {
            await using var client = await Connect(world, good);
            await client.SendAsync("good");
            Assert.Equal("good", await client.ReadAsync(4));
            await world.Pass(TimeSpan.FromMilliseconds(150));
        }

        over = true;
        await Task.WhenAll(flood);
        Assert.InRange(served, 5, 10 + (10 * 20));
        Assert.True(refused > 5 * served, $"{refused} of the flood were refused, {served} served.");
        Assert.Empty(world.Log.WithId(1003));

        async Task Flood()
        {
            while (!over)
            {
                try
                {
                    await using var client = await world.Connect();
                    await client.SendAsync("x");
                    await client.ReadAsync(1);
                    served++;
                    await world.Pass(TimeSpan.FromSeconds(1));
                }
                catch (ConnectionResetException)
                {
                    refused++;
                    await world.Pass(TimeSpan.FromMilliseconds(20));
                }
            }
        }
    });

    [Fact]
    public void Addresses_of_one_IPv6_network_share_a_limit_and_IPv4_addresses_do_not() => Simulated.Run(Seed, async world =>
    {
        var other = world.Network.AddHost("other"); // fd00::3, beside fd00::2
        await using var server = await world.StartWith(listen => listen.UseAddressLimit(1).Run(ConnectionText.Echo));

        await using var v4 = await Echoed(await Connect(world, world.Client));
        await using var otherV4 = await Echoed(await Connect(world, other));
        await using var v6 = await Echoed(await Connect(world, world.Client, v6: true));

        foreach (var host in (SimulatedHost[])[world.Client, other])
        {
            await using var refused = await Connect(world, host, v6: true);
            await refused.AssertResetAsync();
        }

        Assert.Contains(
            "its address has reached its maximum number of connections, 1 (UseAddressLimit)",
            world.Log.WithId(1300).Single().Message);
    });

    [Fact]
    public void Address_may_connect_again_when_its_connection_is_gone() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(
            listen => listen.UseAddressLimit(options => options.MaxConnections = 1).Run(ConnectionText.Echo));
        for (var i = 0; i < 50; i++)
        {
            await using (await Echoed(await world.Connect()))
                await world.AssertRejects();
            await world.Until(() => server.ConnectionCount == 0, "it was gone");
        }
    });

    [Fact]
    public void Refused_address_gets_a_message_where_one_is_configured() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen
            .UseAddressLimit(options => (options.AcceptRate, options.AtLimit) = (0.1, LimitAction.SendAndClose("421 slower\r\n")))
            .Run(ConnectionText.Echo));
        await (await Echoed(await world.Connect())).DisposeAsync();

        await using var refused = await world.Connect();

        Assert.Equal("421 slower\r\n", await refused.ReadToEndAsync());
        await world.Pass(TimeSpan.FromSeconds(10));
        await (await Echoed(await world.Connect())).DisposeAsync();
    });

    [Fact]
    public void Address_is_the_one_that_the_connection_has_at_this_point_of_the_pipeline() => Simulated.Run(Seed, async world =>
    {
        var next = 1;
        await using var server = await world.StartWith(listen => listen
            .Use((connection, following) =>
            {
                connection.RemoteEndPoint = new IPEndPoint(new IPAddress([192, 0, 2, (byte)next++]), 1);
                return following(connection);
            })
            .UseAddressLimit(1)
            .Run(ConnectionText.Echo));

        await using var first = await Echoed(await world.Connect());
        await using var second = await Echoed(await world.Connect());
    });

    [Fact]
    public void Rules_changed_at_run_time_hold_for_the_next_client_and_open_connections_stay() =>
        Simulated.Run(Seed, async world =>
        {
            var rules = new AddressRules();
            await using var server = await world.StartWith(listen => listen.UseAddressRules(rules).Run(ConnectionText.Echo));
            await using var open = await Echoed(await world.Connect());

            rules.Deny(new(world.Client.Address, 32));
            await world.AssertRejects();
            await Echoed(open);

            Assert.Contains("Denied", world.Log.WithId(1204).Single().Message);
            Assert.Contains("UseAddressRules on [::]:7000 refuses clients", world.Log.WithId(1300).Single().Message);
            rules.Remove(new(world.Client.Address, 32));
            await (await Echoed(await world.Connect())).DisposeAsync();
        });

    [Fact]
    public void Open_connections_that_a_new_rule_denies_are_reset_in_order_where_that_was_asked_for() =>
        Simulated.Run(Seed, async world =>
        {
            var other = world.Network.AddHost("other");
            var rules = new AddressRules();
            await using var server = await world.StartWith(
                listen => listen.UseAddressRules(rules, closeOpenConnections: true).Run(ConnectionText.Echo));
            var open = new List<ConnectionContext>();
            for (var i = 0; i < 10; i++)
                open.Add(await Echoed(await world.Connect()));
            await using var stays = await Echoed(await Connect(world, other));

            rules.Replace([], [new(world.Client.Address, 32)]);

            foreach (var client in open)
                await client.AssertResetAsync();
            await Echoed(stays);
            await world.Until(() => world.Log.WithId(1200).Count() == 10, "all were logged");
            Assert.All(world.Log.WithId(1200), line => Assert.Contains("Local Denied Both, a new rule denies its", line.Message));
            rules.Replace([], []);
            await (await Echoed(await world.Connect())).DisposeAsync();
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unix_socket_has_no_addresses_to_go_by_and_the_start_says_so(bool rules)
    {
        var path = Path.Combine(Path.GetTempPath(), "sockeye-no-address.sock");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => SockeyeServer.StartAsync(options =>
        {
            var listen = options.ListenUnixSocket(path);
            (rules ? listen.UseAddressRules(new()) : listen.UseAddressLimit(1)).Run(ConnectionText.Echo);
        }, TestContext.Current.CancellationToken));

        Assert.Equal(
            $"{(rules ? "UseAddressRules" : "UseAddressLimit")} cannot work on {path}: clients of a Unix socket have no "
                + "address. Remove it, or read the address from a PROXY header (UseProxyProtocol).",
            error.Message);
    }

    private static ValueTask<ConnectionContext> Connect(Simulated world, SimulatedHost host, bool v6 = false) =>
        host.ConnectAsync(new IPEndPoint(v6 ? world.Server.AddressV6 : world.Server.Address, 7000));

    private static async Task<ConnectionContext> Echoed(ConnectionContext client)
    {
        await client.SendAsync("x");
        Assert.Equal("x", await client.ReadAsync(1));
        return client;
    }
}
