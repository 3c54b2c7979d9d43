using System.Net;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

[Collection(nameof(Metered))]
public sealed class PoolMetricsTests
{
    [Fact]
    public void Pool_tells_what_is_used_and_idle_and_who_waits_until_it_is_disposed() => Simulated.Run(1601, async world =>
    {
        using var metrics = new Metrics("Sockeye.Client");
        await using var server = await world.Start(ConnectionText.Echo);
        var pool = new ConnectionPool(
            world.NewClient(), new IPEndPoint(world.Server.Address, 7000), new() { MaxConnections = 1 });

        var first = await pool.RentAsync(CancellationToken.None);
        var second = pool.RentAsync(CancellationToken.None).AsTask();
        Assert.Equal((0, 1, 1), Now());

        await first.DisposeAsync();
        await (await second).DisposeAsync();
        Assert.Equal((1, 0, 0), Now());

        await pool.DisposeAsync();
        Assert.Equal(0, metrics.CountAnywhere("sockeye.client.pool.connections", $"{world.Server.Address}"));

        (double Idle, double Used, double Waiters) Now() => (
            metrics.SumAnywhere("sockeye.client.pool.connections", $"{world.Server.Address}", "idle"),
            metrics.SumAnywhere("sockeye.client.pool.connections", $"{world.Server.Address}", "used"),
            metrics.SumAnywhere("sockeye.client.pool.waiters", $"{world.Server.Address}"));
    });
}
