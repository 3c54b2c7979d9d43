using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class LimitsTests
{
    private const int Seed = 30;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    [Fact]
    public void Client_over_the_limit_of_its_endpoint_is_reset_and_the_others_stay() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, listen => listen.UseConnectionLimit(2));
        await using var first = await Echoed(world);
        await using var second = await Echoed(world);

        await world.AssertRejects();

        await world.Until(() => world.Log.WithId(1204).Any(), "the refusal was logged");
        Assert.Contains(
            "was refused: Limit, the endpoint has reached its maximum number of connections, 2 (UseConnectionLimit)",
            world.Log.WithId(1204).Single().Message);
        await second.SendAsync("still here");
        Assert.Equal("still here", await second.ReadAsync(10));
    });

    [Fact]
    public void Permit_of_a_connection_that_ended_is_free_again() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, listen => listen.UseConnectionLimit(1));
        await (await Echoed(world)).DisposeAsync();
        await world.Until(() => server.ConnectionCount == 0, "the first connection was gone");

        await using var next = await Echoed(world);
    });

    [Fact]
    public void Idle_connection_is_closed_after_the_timeout_with_FIN_and_its_reason() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, listen => listen.UseIdleTimeout(Idle));
        await using var client = await Echoed(world);
        var lastUsed = world.Network.Elapsed;

        Assert.Equal("", await client.ReadToEndAsync());

        // The server's timer has ticks of a tenth of a second, and its clients are a few milliseconds away.
        var journeys = TimeSpan.FromMilliseconds(5);
        Assert.InRange(world.Network.Elapsed - lastUsed, Idle - journeys, Idle + CoarseTimer.Tick + journeys);
        await client.DisposeAsync();
        Assert.Contains(
            "Local Timeout Both, nothing was received or sent for 30 s (Timeouts.Idle)", (await world.ConnectionEnded()).Message);
        Assert.Empty(world.Log.WithId(1201));
    });

    [Fact]
    public void Connection_that_is_silent_in_a_partition_is_idle() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, listen => listen.UseIdleTimeout(Idle));
        await using var client = await Echoed(world);

        using (world.Network.Partition(world.Server, world.Client))
        {
            await client.SendAsync("does not arrive in time");
            await world.Pass(Idle * 2);
            Assert.Contains("Local Timeout Both", Assert.Single(world.Log.WithId(1200)).Message);
        }

        // The server's FIN was retransmitted; the first one that arrives ends the connection of the client.
        Assert.Equal("", await client.ReadToEndAsync());
    });

    [Fact]
    public void Connections_that_are_idle_at_once_are_closed_in_the_order_they_came() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, listen => listen.UseIdleTimeout(Idle));
        var clients = new List<ConnectionContext>();
        for (var i = 0; i < 20; i++)
            clients.Add(await Echoed(world));

        await world.Until(() => world.Log.WithId(1200).Count() == clients.Count, "all were closed");

        var closed = world.Network.FormatTrace().Split('\n').Where(line => line.EndsWith("  close", StringComparison.Ordinal));
        Assert.Equal(
            clients.Select(client => $"{client.RemoteEndPoint} -> {client.LocalEndPoint}"),
            closed.Where(line => line.Contains("server", StringComparison.Ordinal)).Select(line => line[28..^7].Trim()));
    });

    [Fact]
    public void Connection_in_use_is_not_idle() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, listen => listen.UseIdleTimeout(Idle));
        await using var client = await Echoed(world);

        for (var i = 0; i < 10; i++)
        {
            await world.Pass(TimeSpan.FromSeconds(20));
            await client.SendAsync("x");
            await client.ReadAsync(1);
        }

        Assert.Equal(1, server.ConnectionCount);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public void Limits_below_one_are_refused(int value)
    {
        var listen = new SockeyeServerOptions().ListenLocalhost(0);

        Assert.Throws<ArgumentOutOfRangeException>(() => listen.UseConnectionLimit(value));
        Assert.Throws<ArgumentOutOfRangeException>(() => listen.UseIdleTimeout(TimeSpan.FromMilliseconds(value)));
    }

    private static async Task<ConnectionContext> Echoed(Simulated world)
    {
        var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);
        return client;
    }

    private static Task<SockeyeServer> Start(Simulated world, Func<ListenOptions, ListenOptions> configure) =>
        world.StartWith(listen => configure(listen).Run(ConnectionText.Echo));
}
