using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class LifetimeTests
{
    private const int Seed = 33;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    [Fact]
    public void Handler_is_notified_when_the_lifetime_is_over_and_may_finish() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, async connection =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, connection.StopRequested).WithoutThrowing();
            await connection.SendAsync("goodbye");
        });
        await using var client = await world.Connect();
        var begun = world.Network.Elapsed;

        Assert.Equal("goodbye", await client.ReadToEndAsync());

        Assert.InRange(world.Network.Elapsed - begun, Lifetime, Lifetime + TimeSpan.FromSeconds(0.2));
        await client.DisposeAsync();
        Assert.Contains(
            "Local Timeout Output, the connection lasted for 1 minute (Timeouts.Lifetime).",
            (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Handler_that_ends_by_the_token_is_no_error() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, connection =>
            Task.Delay(Timeout.InfiniteTimeSpan, world.Time, connection.StopRequested));
        await using var client = await world.Connect();

        Assert.Equal("", await client.ReadToEndAsync());

        await client.DisposeAsync();
        Assert.Contains("Local Timeout Output", (await world.ConnectionEnded()).Message);
        Assert.Empty(world.Log.WithId(1201));
    });

    [Fact]
    public void Handler_that_does_not_finish_is_aborted_after_the_grace_period() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, ConnectionText.Echo);
        await using var client = await world.Connect();
        var begun = world.Network.Elapsed;
        await client.SendAsync("x");
        await client.ReadAsync(1);
        var sent = SendAsync();

        await world.Until(() => server.ConnectionCount == 0, "the connection was gone");

        var grace = Lifetime + TimeSpan.FromSeconds(5);
        Assert.InRange(world.Network.Elapsed - begun, grace, grace + TimeSpan.FromSeconds(0.3));
        Assert.Contains(
            "Local Timeout Both, the connection lasted for 1 minute (Timeouts.Lifetime), "
                + "and was not finished within 5 s after that",
            (await world.ConnectionEnded()).Message);
        await sent;
        await Assert.ThrowsAsync<ConnectionResetException>(client.ReadToEndAsync);

        async Task SendAsync()
        {
            // In use or not: it is over.
            while (!(await client.Transport.Output.WriteAsync(new byte[1])).IsCompleted)
                await world.Pass(TimeSpan.FromSeconds(1));
        }
    });

    [Fact]
    public void Server_that_stops_at_the_same_time_still_says_which_came_first() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, async connection =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, connection.StopRequested).WithoutThrowing();
            await world.Pass(TimeSpan.FromSeconds(1));
        });
        await using var client = await world.Connect();
        await world.Pass(Lifetime + TimeSpan.FromSeconds(0.5));

        await server.StopAsync();

        Assert.Contains("(Timeouts.Lifetime)", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Client_is_asked_to_finish_and_then_aborted_too() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        var client = world.NewClient(options => options.Timeouts.Lifetime = Lifetime);
        await using var connection = await client.ConnectAsync("server", 7000);
        var begun = world.Network.Elapsed;

        await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, connection.StopRequested).WithoutThrowing();
        Assert.InRange(world.Network.Elapsed - begun, Lifetime, Lifetime + TimeSpan.FromSeconds(0.2));
        Assert.Null(connection.CloseReason);

        await world.Pass(TimeSpan.FromSeconds(5.2));
        Assert.Equal(CloseCause.Timeout, connection.CloseReason!.Cause);
    });

    private static Task<SockeyeServer> Start(Simulated world, ConnectionDelegate handler) =>
        world.Start(handler, options => options.Timeouts.Lifetime = Lifetime);
}
