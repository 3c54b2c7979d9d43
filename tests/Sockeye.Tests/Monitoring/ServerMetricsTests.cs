using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Monitoring;

/// <summary>What the meter "Sockeye.Server" reports.</summary>
[Collection(nameof(Metered))]
public sealed class ServerMetricsTests
{
    private const int Seed = 1600;

    // Metrics are the process's: no other class has servers at this port, and those of this one run one after another.
    private const int Port = 1600;

    [Fact]
    public void Connections_and_their_bytes_are_counted_while_they_are_open_and_after() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartAsync(world, ConnectionText.Echo);
        using var metrics = new Metrics("Sockeye.Server", server);
        var client = await ConnectAsync(world);
        await client.SendAsync("12345");
        Assert.Equal("12345", await client.ReadAsync(5));

        Assert.Equal(1, metrics.Sum("sockeye.server.connections.accepted"));
        Assert.Equal(1, metrics.Sum("sockeye.server.active_connections"));
        Assert.Equal(5, metrics.Sum("sockeye.server.network.io", "receive"));
        await world.Until(() => metrics.Sum("sockeye.server.network.io", "transmit") == 5, "the sending was counted");
        Assert.Equal(0, metrics.Sum("sockeye.server.connections.closed"));

        await world.Pass(TimeSpan.FromSeconds(3));
        await client.DisposeAsync();
        await world.Until(() => metrics.Sum("sockeye.server.active_connections") == 0, "the connection was gone");
        Assert.Equal(1, metrics.Sum("sockeye.server.connections.closed", "fin", "peer"));
        Assert.Equal(1, metrics.Sum("sockeye.server.connections.closed"));
        Assert.InRange(metrics.Sum("sockeye.server.connection.duration", "fin"), 3, 3.1);
        Assert.Equal(5, metrics.Sum("sockeye.server.network.io", "receive"));
        Assert.Equal(5, metrics.Sum("sockeye.server.network.io", "transmit"));
    });

    [Fact]
    public void Every_end_has_its_cause() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartAsync(
            world, _ => throw new InvalidOperationException("a fault"), options => options.MaxConnections = 1);
        using var metrics = new Metrics("Sockeye.Server", server);
        await using var client = await ConnectAsync(world);
        await client.AssertResetAsync();

        await world.Until(() => metrics.Sum("sockeye.server.active_connections") == 0, "the connection was gone");
        Assert.Equal(1, metrics.Sum("sockeye.server.connections.closed", "handler_error", "local"));
    });

    [Fact]
    public void Client_beyond_the_limit_is_accepted_and_closed_by_it() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartAsync(world, ConnectionText.Echo, options => options.MaxConnections = 1);
        using var metrics = new Metrics("Sockeye.Server", server);
        await using var first = await ConnectAsync(world);
        await using var second = await ConnectAsync(world);
        await second.AssertResetAsync();

        await world.Until(() => metrics.Sum("sockeye.server.active_connections") == 1, "the second one was gone");
        Assert.Equal(2, metrics.Sum("sockeye.server.connections.accepted"));
        Assert.Equal(1, metrics.Sum("sockeye.server.connections.closed", "limit", "local"));
        Assert.Equal(0, metrics.Count("sockeye.server.connection.duration"));
    });

    [Fact]
    public void Server_that_has_stopped_reports_nothing_more() => Simulated.Run(Seed, async world =>
    {
        var server = await StartAsync(world, ConnectionText.Echo);
        using var metrics = new Metrics("Sockeye.Server", server);
        Assert.Equal(1, metrics.Count("sockeye.server.active_connections"));

        await server.DisposeAsync();

        Assert.Equal(0, metrics.Count("sockeye.server.active_connections"));
        Assert.Equal(0, metrics.Count("sockeye.server.network.io"));
    });

    [Fact]
    public async Task Accept_queue_and_the_hosts_overflows_are_the_kernels()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reports its accept queue.");
        var cancelled = TestContext.Current.CancellationToken;
        await using var server = await SockeyeServer.StartAsync(
            options =>
            {
                options.Transport = new SocketTransport(new() { Backlog = 7 });
                options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(ConnectionText.Echo);
            },
            cancelled);
        using var metrics = new Metrics("Sockeye.Server", server);

        Assert.Equal(7, metrics.Sum("sockeye.server.accept.queue.limit"));
        Assert.Equal(0, metrics.Sum("sockeye.server.accept.queue.depth"));
        Assert.Equal(1, metrics.CountAnywhere("sockeye.host.listen.overflows"));
        Assert.Equal(1, metrics.CountAnywhere("sockeye.host.listen.drops"));
    }

    [Fact]
    public void A_listener_that_throws_costs_its_measurements_and_neither_accepting_nor_a_connection() =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await StartAsync(world, ConnectionText.Echo);
            using var metrics = new Metrics("Sockeye.Server", server);
            var failuresBefore = metrics.SumAnywhere("sockeye.server.metric.failures");
            using var faulty = new MeterListener();
            faulty.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "Sockeye.Server", IsObservable: false })
                    listener.EnableMeasurementEvents(instrument);
            };
            faulty.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("no disk"));
            faulty.Start();

            var client = await ConnectAsync(world);
            await client.SendAsync("12345");
            Assert.Equal("12345", await client.ReadAsync(5));
            await client.DisposeAsync();
            await world.Until(() => metrics.Sum("sockeye.server.active_connections") == 0, "the connection was gone");

            Assert.Equal(0, metrics.SumAnywhere("sockeye.server.accept.failures"));
            Assert.Equal(2, metrics.SumAnywhere("sockeye.server.metric.failures") - failuresBefore); // accepted, closed
        });

    [Fact]
    public void Counting_without_a_listener_allocates_nothing()
    {
        var options = new SockeyeServerOptions();
        var listener = new ActiveListener(
            new ScriptedListener(), new(options.ListenLocalhost(0), null!, [], [], null),
            new(ServerConfiguration.Create(options)), options.Random, default);
        Assert.False(ServerMetrics.IsCloseEnabled);
        Assert.Equal(0, Allocations.Of(10_000, () =>
        {
            ServerMetrics.OnAccepted(listener.Tags);
            ServerMetrics.OnClosed(listener.Tags, CloseReason.PeerFin, TimeSpan.FromSeconds(1));
        }));
    }

    [Fact]
    public void Host_counters_are_found_by_name()
    {
        string[] lines =
        [
            "TcpExt: SyncookiesSent ListenOverflows ListenDrops", "TcpExt: 1 22 333", "IpExt: InNoRoutes", "IpExt: 4",
        ];

        Assert.Equal(22, HostCounters.Find(lines, "ListenOverflows"));
        Assert.Equal(333, HostCounters.Find(lines, "ListenDrops"));
        Assert.Null(HostCounters.Find(lines, "InNoRoutes"));
        Assert.Null(HostCounters.Find(lines[2..], "ListenDrops"));
    }

    private static Task<SockeyeServer> StartAsync(
        Simulated world, ConnectionDelegate handler, Action<SockeyeServerOptions>? configure = null) =>
        SockeyeServer.StartAsync(
            options =>
            {
                (options.Transport, options.LoggerFactory) = (world.Server, world.Log);
                configure?.Invoke(options);
                options.ListenAnyIP(Port).Run(handler);
            },
            CancellationToken.None);

    private static ValueTask<ConnectionContext> ConnectAsync(Simulated world) =>
        world.Client.ConnectAsync(new IPEndPoint(world.Server.Address, Port));
}
