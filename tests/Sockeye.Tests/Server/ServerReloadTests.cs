using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>Other options while a server runs: which endpoints stay, go and come, and that a failure changes nothing.</summary>
public sealed class ServerReloadTests
{
    private const int Seed = 83;

    [Fact]
    public void Kept_endpoint_serves_only_new_clients_by_the_new_options() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(Says("old"));
        await using var open = await world.Connect();
        Assert.Equal("old", await open.ReadAsync(3));

        var result = await server.ReloadAsync(options => options.ListenAnyIP(7000).Run(Says("new")));

        Assert.Equal((0, 1, 0), (result.Added.Count, result.Kept.Count, result.Removed.Count));
        await using var later = await world.Connect();
        Assert.Equal("new", await later.ReadAsync(3));
        await open.SendAsync("?");
        Assert.Equal("old", await open.ReadAsync(3));
        Assert.Single(world.Log.WithId(1005));
        Assert.Contains("0 listeners added, 1 kept, 0 removed", Assert.Single(world.Log.WithId(1004)).Message);
    });

    [Fact]
    public void Clients_that_connect_all_the_time_notice_nothing_of_reloads() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(Says("0"));
        var (served, ended) = (0, false);
        var clients = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!ended)
            {
                await using var client = await world.Connect();
                Assert.InRange(int.Parse(await client.ReadAsync(1)), 0, 9);
                served++;
            }
        }).ToList();

        for (var i = 1; i < 10; i++)
        {
            var name = $"{i}";
            await world.Until(() => served > 20 * i, "clients were served");
            await server.ReloadAsync(options => options.ListenAnyIP(7000).UseConnectionLimit(1000).Run(Says(name)));
        }

        ended = true;
        await Task.WhenAll(clients);
    });

    [Fact]
    public void Added_endpoint_is_listened_on_and_known_everywhere() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(Says("a"));

        var result = await server.ReloadAsync(options =>
        {
            options.ListenAnyIP(7001).Run(Says("b"));
            options.ListenAnyIP(7000).Run(Says("a"));
        });

        Assert.Equal([7001], Ports(result.Added));
        Assert.Equal([7001, 7000], Ports(server.EndPoints));
        Assert.Equal([7001, 7000], Ports(server.GetListeners().Select(listener => listener.EndPoint)));
        await using var client = await ConnectAsync(world, 7001);
        Assert.Equal("b", await client.ReadAsync(1));
    });

    [Fact]
    public void Removed_endpoint_refuses_clients_and_its_handlers_may_finish() => Simulated.Run(Seed, async world =>
    {
        var finish = new TaskCompletionSource();
        await using var server = await StartTwoAsync(world, async connection =>
        {
            await connection.SendAsync("begun");
            await connection.StopRequested.WhenCancelledAsync();
            await finish.Task;
            await connection.SendAsync("done");
        });
        await using var client = await ConnectAsync(world, 7001);
        Assert.Equal("begun", await client.ReadAsync(5));

        var began = world.Network.Elapsed;
        var result = await server.ReloadAsync(options => options.ListenAnyIP(7000).Run(Says("a")));

        Assert.Equal(began, world.Network.Elapsed); // It waited for no connection.
        Assert.Equal([7001], Ports(result.Removed));
        Assert.Equal([7000], Ports(server.EndPoints));
        var refused = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(world, 7001).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        await using var other = await world.Connect();
        Assert.Equal("a", await other.ReadAsync(1));
        finish.SetResult();
        Assert.Equal("done", await client.ReadToEndAsync());
        await client.DisposeAsync();
        await world.Until(() => world.Log.WithId(1007).Any(), "the endpoint was done");
        Assert.Contains("1 connections drained, 0 aborted", Assert.Single(world.Log.WithId(1007)).Message);
        Assert.Contains("its endpoint was removed", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Connections_of_a_removed_endpoint_are_aborted_after_the_new_shutdown_timeout() =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await StartTwoAsync(world, ConnectionText.Echo);
            await using var client = await ConnectAsync(world, 7001);
            await client.SendAsync("x");
            await client.ReadAsync(1);
            var timeout = TimeSpan.FromSeconds(17);
            var began = world.Network.Elapsed;

            await server.ReloadAsync(options =>
            {
                options.ShutdownTimeout = timeout;
                options.ListenAnyIP(7000).Run(Says("a"));
            });
            await client.AssertResetAsync();

            Assert.InRange(world.Network.Elapsed - began, timeout, timeout + TimeSpan.FromMilliseconds(5));
            await world.Until(() => world.Log.WithId(1007).Any(), "the endpoint was done");
            Assert.Contains("0 connections drained, 1 aborted", Assert.Single(world.Log.WithId(1007)).Message);
        });

    [Fact]
    public void Endpoint_that_comes_back_while_it_is_drained_is_bound_again() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartTwoAsync(world, ConnectionText.Echo);
        await using var client = await ConnectAsync(world, 7001);
        await client.SendAsync("x");
        await client.ReadAsync(1);

        await server.ReloadAsync(options => options.ListenAnyIP(7000).Run(Says("a")));
        var result = await server.ReloadAsync(options =>
        {
            options.ListenAnyIP(7000).Run(Says("a"));
            options.ListenAnyIP(7001).Run(Says("b"));
        });

        Assert.Equal([7001], Ports(result.Added));
        await using var later = await ConnectAsync(world, 7001);
        Assert.Equal("b", await later.ReadAsync(1));
        await client.AssertResetAsync(); // The old one has no more time for that.
    });

    [Fact]
    public void Stop_ends_connections_of_removed_endpoints_too() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartTwoAsync(world, ConnectionText.Echo);
        await using var client = await ConnectAsync(world, 7001);
        await client.SendAsync("x");
        await client.ReadAsync(1);
        await server.ReloadAsync(options =>
        {
            options.ShutdownTimeout = TimeSpan.FromSeconds(17);
            options.ListenAnyIP(7000).Run(Says("a"));
        });

        await world.Pass(TimeSpan.FromSeconds(10));
        var began = world.Network.Elapsed;
        var result = await server.StopAsync();

        Assert.InRange(world.Network.Elapsed - began, TimeSpan.FromSeconds(17), TimeSpan.FromSeconds(17.1));
        Assert.Equal((0, 1), (result.Drained, result.Aborted));
        Assert.Equal(0, server.ConnectionCount);
    });

    [Fact]
    public void Free_port_stays_what_it_was_bound_to() => Simulated.Run(Seed, async world =>
    {
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = world.Server;
            options.ListenAnyIP(0).Run(Says("a"));
        });
        var bound = server.EndPoints[0];

        await server.ReloadAsync(options => options.ListenAnyIP(0).Run(Says("b")));
        Assert.Equal([bound], server.EndPoints);
        var result = await server.ReloadAsync(options => options.Listen(bound).Run(Says("c")));

        Assert.Equal([bound], result.Kept);
        await using var client = await ConnectAsync(world, ((IPEndPoint)bound).Port);
        Assert.Equal("c", await client.ReadAsync(1));
    });

    [Fact]
    public void Localhost_keeps_both_of_its_listeners() => Simulated.Run(Seed, async world =>
    {
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = world.Server;
            options.ListenLocalhost(0).Run(Says("a"));
        });
        var bound = server.EndPoints;
        Assert.Equal(2, bound.Count);

        var result = await server.ReloadAsync(options => options.ListenLocalhost(0).Run(Says("b")));

        Assert.Equal(bound, server.EndPoints);
        Assert.Equal(bound, result.Kept);
        foreach (var endpoint in bound)
        {
            await using var client = await world.Server.ConnectAsync(endpoint);
            Assert.Equal("b", await client.ReadAsync(1));
        }
    });

    [Fact]
    public void Reload_that_cannot_bind_changes_nothing() => Simulated.Run(Seed, async world =>
    {
        await using var taken = await world.Server.BindAsync(new IPEndPoint(IPAddress.Any, 7002), CancellationToken.None);
        await using var server = await StartTwoAsync(world, Says("b"));
        await using var client = await ConnectAsync(world, 7001);
        Assert.Equal("b", await client.ReadAsync(1));

        await Assert.ThrowsAsync<AddressInUseException>(() => server.ReloadAsync(options =>
        {
            options.MaxConnections = 1;
            options.ListenAnyIP(7000).Run(Says("new"));
            options.ListenAnyIP(7003).Run(Says("new"));
            options.ListenAnyIP(7002).Run(Says("new"));
        }, CancellationToken.None));

        Assert.Equal([7001, 7000], Ports(server.EndPoints));
        await client.SendAsync("?");
        Assert.Equal("b", await client.ReadAsync(1));
        await using var other = await world.Connect();
        Assert.Equal("a", await other.ReadAsync(1));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(world, 7003).AsTask());
        Assert.Empty(world.Log.WithId(1004));
        Assert.Empty(world.Log.WithId(1006));
    });

    [Fact]
    public void Wrong_options_are_refused_with_a_sentence() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(Says("a"));

        await AssertRefused("no endpoint", _ => { });
        await AssertRefused("no handler", options => options.ListenAnyIP(7000));
        await AssertRefused("Transport cannot change while a server runs", options =>
        {
            options.Transport = world.Client;
            options.ListenAnyIP(7000).Run(Says("b"));
        });
        await AssertRefused("TimeProvider cannot change", options =>
        {
            options.TimeProvider = TimeProvider.System;
            options.ListenAnyIP(7000).Run(Says("b"));
        });
        await AssertRefused("localhost:7000 cannot be bound while [::]:7000 is", options =>
            options.ListenLocalhost(7000).Run(Says("b")));
        await using var client = await world.Connect();
        Assert.Equal("a", await client.ReadAsync(1));

        async Task AssertRefused(string expected, Action<SockeyeServerOptions> configure) => Assert.Contains(
            expected,
            (await Assert.ThrowsAsync<InvalidOperationException>(() => server.ReloadAsync(configure))).Message,
            StringComparison.Ordinal);
    });

    [Fact]
    public void Reloads_come_one_after_the_other_and_the_last_one_holds() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(Says("a"));

        await Task.WhenAll(Enumerable.Range(1, 5).Select(i => server.ReloadAsync(options =>
        {
            options.ListenAnyIP(7000).Run(Says($"{i}"));
            options.ListenAnyIP(7000 + i).Run(Says("x"));
        })));

        Assert.Equal([7000, 7005], Ports(server.EndPoints));
        await using var client = await world.Connect();
        Assert.Equal("5", await client.ReadAsync(1));
    });

    [Fact]
    public void Reload_after_the_stop_or_behind_it_is_refused() => Simulated.Run(Seed, async world =>
    {
        var server = await world.Start(Says("a"));

        var stopping = server.StopAsync();
        var behind = server.ReloadAsync(options => options.ListenAnyIP(7001).Run(Says("b")));

        await Assert.ThrowsAsync<InvalidOperationException>(() => behind);
        await stopping;
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => server.ReloadAsync(options => options.ListenAnyIP(7001).Run(Says("b")), CancellationToken.None));
        Assert.Contains("stopped", error.Message, StringComparison.Ordinal);
        await server.DisposeAsync();
    });

    [Fact]
    public void Stop_waits_for_a_reload_and_ends_what_it_has_bound() => Simulated.Run(Seed, async world =>
    {
        var server = await world.Start(Says("a"));

        var reloading = server.ReloadAsync(options => options.ListenAnyIP(7001).Run(Says("b")));
        await server.StopAsync();

        Assert.Single((await reloading).Added);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(world, 7001).AsTask());
        await server.DisposeAsync();
    });

    /// <summary>The reload comes when the end is logged: the loop that accepts has not ended by then.</summary>
    [Fact]
    public async Task Listener_that_ends_at_the_moment_of_a_reload_is_bound_again()
    {
        SockeyeServer server = null!;
        var reloaded = new TaskCompletionSource<Task<ReloadResult>>();
        var log = new TestLog(line =>
        {
            if (line.Contains("no longer listens", StringComparison.Ordinal))
            {
                reloaded.SetResult(server.ReloadAsync(
                    options => options.Listen(server.EndPoints[0]).Run(Says("new")), TestContext.Current.CancellationToken));
            }
        });
        var transport = new RecordingTransport();
        server = await SockeyeServer.StartAsync(
            options =>
            {
                (options.Transport, options.LoggerFactory) = (transport, log);
                options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(Says("old"));
            },
            TestContext.Current.CancellationToken);
        await using (server)
        {
            await transport.Listeners[0].UnbindAsync(TestContext.Current.CancellationToken);

            var result = await (await reloaded.Task.Within()).Within();

            Assert.Equal((1, 0), (result.Added.Count, result.Kept.Count));
        }
    }

    /// <summary>Says it at once, and again for all that it is sent.</summary>
    private static ConnectionDelegate Says(string text) => async connection =>
    {
        var input = connection.Transport.Input;
        for (var ended = false; !ended;)
        {
            await connection.SendAsync(text);
            var read = await input.ReadAsync(CancellationToken.None);
            input.AdvanceTo(read.Buffer.End);
            ended = read.IsCompleted;
        }
    };

    private static Task<SockeyeServer> StartTwoAsync(Simulated world, ConnectionDelegate second) => world.Start(
        Says("a"), options => options.ListenAnyIP(7001).Run(second));

    private static ValueTask<ConnectionContext> ConnectAsync(Simulated world, int port) =>
        world.Client.ConnectAsync(new IPEndPoint(world.Server.Address, port));

    private static IEnumerable<int> Ports(IEnumerable<EndPoint> endpoints) =>
        endpoints.Select(endpoint => ((IPEndPoint)endpoint).Port);
}
