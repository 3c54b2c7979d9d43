using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Monitoring;

/// <summary>What the meter "Sockeye.Server" reports about saturation.</summary>
[Collection(nameof(Metered))]
public sealed class LoadMetricsTests
{
    private const int Seed = 1704;

    // Metrics are the process's: no other class has servers at this port, and those of this one run one after another.
    private const int Port = 1601;

    [Fact]
    public void Limit_saturation_and_waiters_are_reported_and_fall_to_zero() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartAsync(world, ConnectionText.Echo, options => options.MaxConnections = 5);
        using var metrics = new Metrics("Sockeye.Server", server);
        Assert.Equal(5, metrics.Sum("sockeye.server.connections.limit"));
        Assert.Equal(9, metrics.Count("sockeye.server.saturation"));
        Assert.Equal(0, metrics.Sum("sockeye.server.saturation"));

        var clients = new List<ConnectionContext>();
        for (var i = 0; i < 4; i++)
            clients.Add(await ConnectAsync(world));
        await world.Until(() => server.ConnectionCount == 4, "the clients were accepted");
        Assert.Equal(0.8, metrics.Sum("sockeye.server.saturation", "connections"));
        Assert.Equal(0.8, metrics.Sum("sockeye.server.saturation"));

        foreach (var client in clients)
            await client.DisposeAsync();
        await world.Until(() => metrics.Sum("sockeye.server.saturation") == 0, "the connections were gone");

        await server.StopAsync();
        Assert.Equal(0, metrics.Count("sockeye.server.saturation"));
        Assert.Equal(0, metrics.Count("sockeye.server.connections.limit"));
    });

    [Fact]
    public void Limit_of_the_server_is_reported_once_and_those_of_endpoints_with_each_listener() => Simulated.Run(
        Seed, async world =>
        {
            await using var server = await SockeyeServer.StartAsync(options =>
            {
                (options.Transport, options.TimeProvider) = (world.Server, world.Time);
                options.MaxConnections = 50;
                options.ListenAnyIP(Port).Run(ConnectionText.Echo);
                options.ListenLocalhost(Port + 1).UseConnectionLimit(7).UseConnectionLimit(5).Run(ConnectionText.Echo);
                options.ListenAnyIP(Port + 2).UseConnectionLimit(3, LimitAction.LeaveInBacklog).Run(ConnectionText.Echo);
            });
            using var metrics = new Metrics("Sockeye.Server");

            Assert.Equal([$"50 MaxConnections [::]:{Port}"], Limits("MaxConnections"));
            Assert.Equal(
                [
                    $"3 UseConnectionLimit [::]:{Port + 2}",
                    $"5 UseConnectionLimit 127.0.0.1:{Port + 1}",
                    $"5 UseConnectionLimit [::1]:{Port + 1}",
                ],
                Limits("UseConnectionLimit"));

            IEnumerable<string> Limits(string limit) => server.EndPoints.Cast<IPEndPoint>()
                .SelectMany(at => metrics.Values("sockeye.server.connections.limit", limit, $"{at.Address}", at.Port)
                    .Select(value => $"{value} {limit} {at}"))
                .Order(StringComparer.Ordinal);
        });

    [Fact]
    public void Paused_reads_and_blocked_sends_are_counted() => Simulated.Run(Seed, async world =>
    {
        var mayRead = new TaskCompletionSource();
        await using var server = await StartAsync(world, async connection =>
        {
            await mayRead.Task;
            await ConnectionText.Echo(connection);
        });
        using var metrics = new Metrics("Sockeye.Server", server);
        var client = await ConnectAsync(world);
        var sending = client.Transport.Output.WriteAsync(new byte[2_000_000]).AsTask();
        await world.Until(() => metrics.Sum("sockeye.server.connections.read_paused") == 1, "reading paused");
        Assert.Equal(0, metrics.Sum("sockeye.server.connections.send_blocked"));
        await world.Pass(TimeSpan.FromSeconds(6));
        await world.Until(() => metrics.Sum("sockeye.server.saturation", "reads_stalled") > 0, "the handler stalled");

        mayRead.SetResult();
        await world.Until(() => metrics.Sum("sockeye.server.connections.send_blocked") == 1, "sending was blocked");
        await world.Pass(TimeSpan.FromSeconds(6));
        await world.Until(() => metrics.Sum("sockeye.server.saturation", "sends_stalled") == 0.75, "the peer stalled");
        Assert.Equal(0, metrics.Sum("sockeye.server.saturation", "reads_stalled"));

        client.Abort();
        await sending;
    });

    [Fact]
    public void Handlers_that_have_not_begun_are_counted_with_the_longest_wait() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartAsync(world, ConnectionText.Echo, options =>
        {
            (options.MaxConnections, options.AtMaxConnections) = (1, LimitAction.LeaveInBacklog);
            // Each listener that waits when the place is taken accepts one more, who waits for it.
            options.ListenAnyIP(7000).Run(ConnectionText.Echo);
        });
        using var metrics = new Metrics("Sockeye.Server", server);
        await using var first = await world.Connect();
        await world.Until(() => server.ConnectionCount == 1, "the first one was accepted");
        Assert.Equal(0, metrics.Sum("sockeye.server.handlers.waiting"));
        Assert.Equal(0, metrics.Sum("sockeye.server.handlers.longest_wait"));

        var second = await ConnectAsync(world);
        await world.Until(() => server.ConnectionCount == 2, "the second one was accepted");
        await world.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(1, metrics.Sum("sockeye.server.handlers.waiting"));
        Assert.InRange(metrics.Sum("sockeye.server.handlers.longest_wait"), 2, 2.1);

        await first.DisposeAsync();
        await world.Until(() => metrics.Sum("sockeye.server.handlers.waiting") == 0, "its turn came");
        await second.DisposeAsync();
    });

    private static Task<SockeyeServer> StartAsync(
        Simulated world, ConnectionDelegate handler, Action<SockeyeServerOptions>? configure = null) =>
        SockeyeServer.StartAsync(
            options =>
            {
                (options.Transport, options.LoggerFactory) = (world.Server, world.Log);
                options.ListenAnyIP(Port).Run(handler);
                configure?.Invoke(options);
            },
            CancellationToken.None);

    private static ValueTask<ConnectionContext> ConnectAsync(Simulated world) =>
        world.Client.ConnectAsync(new IPEndPoint(world.Server.Address, Port));
}
