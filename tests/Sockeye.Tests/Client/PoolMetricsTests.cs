using System.Net;
using System.Runtime.CompilerServices;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

[Collection(nameof(Metered))]
public sealed class PoolMetricsTests
{
    [Fact]
    public void Pool_reports_used_and_idle_connections_and_waiters_until_it_is_disposed() => Simulated.Run(1601, async world =>
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

    [Fact]
    public async Task Pool_is_reported_each_time_while_others_come_and_go()
    {
        const string Kept = "192.0.2.1";
        using var metrics = new Metrics("Sockeye.Client");
        await using var pool = NewPool(Kept);
        using var over = new CancellationTokenSource();
        var others = Task.Run(
            async () =>
            {
                for (var i = 0; !over.IsCancellationRequested; i++)
                {
                    var other = NewPool("192.0.2.2");
                    if (i % 2 == 0)
                        await other.DisposeAsync();
                }
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < 100; i++)
        {
            if (i % 10 == 0)
                GC.Collect();
            Assert.Equal(2, metrics.CountAnywhere("sockeye.client.pool.connections", Kept)); // idle and used
            Assert.Equal(1, metrics.CountAnywhere("sockeye.client.pool.waiters", Kept));
        }

        await over.CancelAsync();
        await others;
    }

    [Fact]
    public void Pool_without_references_is_not_reported_although_it_was_not_disposed()
    {
        const string Forgotten = "192.0.2.3";
        using var metrics = new Metrics("Sockeye.Client");
        Forget(Forgotten);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.Equal(0, metrics.CountAnywhere("sockeye.client.pool.connections", Forgotten));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(string address) => NewPool(address);

    private static ConnectionPool NewPool(string address) =>
        new(new SockeyeClient(), new IPEndPoint(IPAddress.Parse(address), 7000));
}
