using System.Net;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class AcceptRateTests
{
    private const int Seed = 32;

    [Theory]
    [InlineData(0.5, 1)]
    [InlineData(10, 1)]
    [InlineData(7, 1)]
    [InlineData(3, 20)]
    public void Waiting_clients_are_served_at_the_rate_over_minutes_and_none_is_lost(double rate, int burst) =>
        Simulated.Run(Seed, async world =>
        {
            var started = new List<TimeSpan>();
            await using var server = await world.StartWith(listen => listen.UseAcceptRateLimit(rate, burst).Run(connection =>
            {
                started.Add(world.Network.Elapsed);
                return Task.CompletedTask;
            }));
            var count = (int)Math.Min(240, rate * 180) + burst;
            var clients = Enumerable.Range(0, count).Select(async _ =>
            {
                await using var client = await world.Connect();
                Assert.Equal("", await client.ReadToEndAsync());
            }).ToList();

            await Task.WhenAll(clients);

            Assert.Equal(count, started.Count);
            var begun = started[0];
            for (var i = 0; i < count; i++)
            {
                // Never early, and late by no more than a timer's millisecond.
                var due = Math.Max(0, i + 1 - burst) / rate;
                Assert.InRange((started[i] - begun).TotalSeconds, due - 0.006, due + 0.006);
            }

            Assert.Empty(world.Log.WithId(1204));
        });

    [Fact]
    public void Clients_over_the_rate_are_reset_where_that_was_asked_for_and_the_rate_goes_on() =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await world.StartWith(
                listen => listen.UseAcceptRateLimit(1, burst: 2, LimitAction.Reset).Run(ConnectionText.Echo));

            for (var second = 0; second < 30; second++)
            {
                for (var i = 0; i < (second == 0 ? 2 : 1); i++)
                    await EchoOnce(world);
                await world.AssertRejects();
                await world.Pass(TimeSpan.FromSeconds(1));
            }

            Assert.Contains("UseAcceptRateLimit on [::]:7000", world.Log.WithId(1300).First().Message);
            Assert.Contains("more than 1 connections come a second", world.Log.WithId(1204).First().Message);
        });

    [Fact]
    public void Limit_that_two_endpoints_share_counts_both() => Simulated.Run(Seed, async world =>
    {
        var limit = new AcceptRateLimit(2, burst: 1);
        var started = new List<TimeSpan>();
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.TimeProvider, options.LoggerFactory) = (world.Server, world.Time, world.Log);
            foreach (var port in (int[])[7001, 7002])
            {
                options.ListenAnyIP(port).UseAcceptRateLimit(limit).Run(connection =>
                {
                    started.Add(world.Network.Elapsed);
                    return Task.CompletedTask;
                });
            }
        });
        var clients = Enumerable.Range(0, 40).Select(async i =>
        {
            await using var client = await world.Client.ConnectAsync(new IPEndPoint(world.Server.Address, 7001 + (i % 2)));
            await client.ReadToEndAsync();
        });

        await Task.WhenAll(clients);

        for (var i = 0; i < 40; i++)
            Assert.InRange((started[i] - started[0]).TotalSeconds, (i * 0.5) - 0.005, (i * 0.5) + 1.01);
        Assert.InRange((started[39] - started[0]).TotalSeconds, 19.4, 19.6);
    });

    [Fact]
    public void Server_stops_at_once_while_clients_wait_for_their_time() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(
            listen => listen.UseAcceptRateLimit(0.001).UseConnectionLimit(5, LimitAction.LeaveInBacklog)
                .Run(ConnectionText.Echo));
        await EchoOnce(world);
        await using var waiting = await world.Connect();
        var begun = world.Network.Elapsed;

        await server.StopAsync();

        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        await waiting.AssertResetAsync();
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Rates_that_cannot_be_are_refused(double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AcceptRateLimit(rate));

    private static async Task EchoOnce(Simulated world)
    {
        await using var client = await world.Connect();
        await client.SendAsync("x");
        Assert.Equal("x", await client.ReadAsync(1));
    }
}
