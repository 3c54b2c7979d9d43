using System.Net.Sockets;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class ServerStopTests
{
    private const int Seed = 31;

    [Fact]
    public void Stop_refuses_new_clients_and_lets_handlers_finish() => Simulated.Run(Seed, async world =>
    {
        var (notified, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await world.Start(async connection =>
        {
            using var watch = connection.StopRequested.Register(notified.SetResult);
            await connection.SendAsync("begun ");
            await finish.Task;
            await connection.SendAsync("done");
        });
        await using var client = await world.Connect();
        Assert.Equal("begun ", await client.ReadAsync(6));

        var stopping = server.StopAsync(CancellationToken.None);
        await notified.Task; // By then the listeners are closed.
        var refused = await Assert.ThrowsAsync<SocketException>(() => world.Connect().AsTask());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        finish.SetResult();

        Assert.Equal("done", await client.ReadToEndAsync());
        await client.DisposeAsync();
        var result = await stopping;
        Assert.Equal((1, 0), (result.Drained, result.Aborted));
    });

    [Fact]
    public void Handlers_are_notified_of_the_stop_and_the_reason_is_the_stop() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await connection.SendAsync("!");
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, connection.StopRequested);
        });
        await using var client = await world.Connect();
        await client.ReadAsync(1);

        var stopping = server.StopAsync(CancellationToken.None);

        Assert.Equal("", await client.ReadToEndAsync()); // FIN, not a reset
        await client.DisposeAsync();
        Assert.Equal(1, (await stopping).Drained);
        Assert.Contains("Local Stop Output, the server was stopped", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Handler_that_does_not_finish_is_aborted_when_the_time_is_over() => Simulated.Run(Seed, async world =>
    {
        var timeout = TimeSpan.FromSeconds(17);
        await using var server = await world.Start(ConnectionText.Echo, options => options.ShutdownTimeout = timeout);
        await using var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);

        var began = world.Network.Elapsed;
        var stopping = server.StopAsync(CancellationToken.None);
        await client.AssertResetAsync();

        Assert.InRange(world.Network.Elapsed - began, timeout, timeout + TimeSpan.FromMilliseconds(5));
        var result = await stopping;
        Assert.Equal((0, 1), (result.Drained, result.Aborted));
        Assert.Contains("Local Stop Both", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Stop_is_not_held_up_by_a_client_behind_a_partition() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await connection.SendAsync("!");
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, connection.StopRequested);
        });
        await using var client = await world.Connect();
        await client.ReadAsync(1);

        using var partition = world.Network.Partition(world.Server, world.Client);
        var began = world.Network.Elapsed;
        await server.StopAsync(CancellationToken.None);

        Assert.InRange(world.Network.Elapsed - began, TimeSpan.Zero, new SockeyeServerOptions().ShutdownTimeout * 2);
        Assert.Equal(0, server.ConnectionCount);
    });

    [Fact]
    public void Stop_reaches_handlers_in_one_order_in_every_run_of_a_seed()
    {
        var first = GetOrderOfNotifications();

        Assert.Equal(20, first.Count);
        Assert.Equal(first, GetOrderOfNotifications());
    }

    [Fact]
    public void Handler_that_ignores_even_the_abort_is_left_behind_and_said_so() => Simulated.Run(Seed, async world =>
    {
        var never = new TaskCompletionSource();
        await using var server = await world.Start(async connection =>
        {
            await connection.SendAsync("!");
            await never.Task;
        });
        await using var client = await world.Connect();
        await client.ReadAsync(1);

        Assert.Equal(1, (await server.StopAsync(CancellationToken.None)).Aborted);

        Assert.Single(world.Log.WithId(1002));
        never.SetResult();
    });

    [Fact]
    public void Cancelling_the_stop_aborts_at_once() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);
        using var timeout = new CancellationTokenSource();

        var stopping = server.StopAsync(timeout.Token);
        await world.Pass(TimeSpan.FromSeconds(1));
        Assert.False(stopping.IsCompleted);
        var began = world.Network.Elapsed;
        timeout.Cancel();
        await stopping;

        Assert.Equal(began, world.Network.Elapsed);
    });

    [Fact]
    public void Second_stop_waits_for_the_first_and_gives_the_same_result() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);

        var results = await Task.WhenAll(server.StopAsync(CancellationToken.None), server.StopAsync(CancellationToken.None));

        Assert.Same(results[0], results[1]);
    });

    private static List<string> GetOrderOfNotifications()
    {
        List<string> notified = [];
        Simulated.Run(Seed, async world =>
        {
            await using var server = await world.Start(async connection =>
            {
                using var watch = connection.StopRequested.Register(() => notified.Add(connection.ConnectionId));
                await connection.SendAsync("!");
                await connection.ReadToEndAsync();
            });
            for (var i = 0; i < 20; i++)
                await (await world.Connect()).ReadAsync(1);
            await server.StopAsync(CancellationToken.None);
        });
        return notified;
    }
}
