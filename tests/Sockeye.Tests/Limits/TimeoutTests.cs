using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class TimeoutTests
{
    private const int Seed = 31;

    private static readonly TimeSpan Journeys = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void Timeouts_are_on_by_default_at_a_server_and_off_at_a_client()
    {
        var server = new SockeyeServerOptions().Timeouts;
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1)), (server.Idle, server.WriteStall));
        var off = Timeout.InfiniteTimeSpan;
        Assert.Equal((off, off, null, null), (server.FirstByte, server.Lifetime, server.MinReceiveRate, server.MinSendRate));

        var client = new SockeyeClientOptions().Timeouts;
        Assert.Equal((off, off, off, off), (client.Idle, client.WriteStall, client.FirstByte, client.Lifetime));
    }

    [Fact]
    public void Silent_connection_is_closed_by_default_after_ten_minutes() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);
        var lastUsed = world.Network.Elapsed;

        Assert.Equal("", await client.ReadToEndAsync());

        AssertPassed(world, lastUsed, TimeSpan.FromMinutes(10));
        await client.DisposeAsync();
        Assert.Contains("(Timeouts.Idle)", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Five_thousand_connections_that_send_nothing_are_closed_in_time_while_one_is_served() => Simulated.Run(
        Seed, async world =>
    {
        const int Silent = 5000;
        var firstByte = TimeSpan.FromSeconds(10);
        await using var server = await world.Start(
            ConnectionText.Echo, options => options.Timeouts.FirstByte = firstByte);
        await using var good = await world.Connect();
        await good.SendAsync("x");
        await good.ReadAsync(1);
        var begun = world.Network.Elapsed;
        var clients = new List<ConnectionContext>();
        for (var i = 0; i < Silent; i++)
            clients.Add(await world.Connect());
        var opened = world.Network.Elapsed;

        await world.Until(() => server.ConnectionCount == 1, "the silent ones were gone");

        Assert.InRange(world.Network.Elapsed, begun + firstByte, opened + firstByte + CoarseTimer.Tick + Journeys);
        var ends = world.Log.WithId(1200).Select(line => line.Message).ToList();
        Assert.Equal(Silent, ends.Count);
        Assert.All(ends, end => Assert.Contains(
            "Local Timeout Both, the peer sent nothing for 10 s after it connected (Timeouts.FirstByte)", end));
        foreach (var client in clients)
            await client.DisposeAsync();
        await good.SendAsync("still here");
        Assert.Equal("still here", await good.ReadAsync(10));
    });

    [Fact]
    public void Peer_that_has_ended_its_side_is_not_waited_for() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            async connection =>
            {
                await world.Pass(TimeSpan.FromMinutes(1));
                await connection.SendAsync("late answer");
            },
            options =>
            {
                options.Timeouts.FirstByte = TimeSpan.FromSeconds(10);
                options.Timeouts.MinReceiveRate = new(100, TimeSpan.FromSeconds(5));
            });
        await using var client = await world.Connect();
        await client.Transport.Output.CompleteAsync();

        Assert.Equal("late answer", await client.ReadToEndAsync());
    });

    [Fact]
    public void Mute_peer_is_closed_although_the_server_sends_heartbeats() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            SendHeartbeatsAsync, options => options.Timeouts.ReceiveIdle = TimeSpan.FromSeconds(20));
        await using var client = await world.Connect();
        await world.Pass(TimeSpan.FromSeconds(15));
        await client.SendAsync("x");
        var lastUsed = world.Network.Elapsed;

        await client.ReadToEndAsync();

        Assert.InRange(world.Network.Elapsed - lastUsed, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(26));
        await client.DisposeAsync();
        Assert.Contains("the peer sent nothing for 20 s (Timeouts.ReceiveIdle)", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Server_that_does_not_answer_is_closed_although_the_peer_sends() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            connection => connection.ReadToEndAsync(), options => options.Timeouts.SendIdle = TimeSpan.FromSeconds(20));
        await using var client = await world.Connect();
        var sending = SendHeartbeatsAsync(client);

        Assert.Equal("", await client.ReadToEndAsync());

        Assert.InRange(world.Network.Elapsed, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(26));
        await sending;
        await client.DisposeAsync();
        Assert.Contains("this side sent nothing for 20 s (Timeouts.SendIdle)", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Connection_in_use_is_never_closed() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(
            listen => listen.UseIdleTimeout(TimeSpan.FromSeconds(1)).Run(ConnectionText.Echo));
        await using var client = await world.Connect();

        // In every phase of the timer's ticks and of the timeout.
        for (var i = 0; i < 300; i++)
        {
            await world.Pass(TimeSpan.FromMilliseconds(990 - (i * 3)));
            await client.SendAsync("x");
            await client.ReadAsync(1);
        }

        Assert.Equal(1, server.ConnectionCount);
    });

    [Fact]
    public void The_last_transfer_counts_not_the_last_poll() => Simulated.Run(Seed, async world =>
    {
        var idle = TimeSpan.FromSeconds(100);
        await using var server = await world.StartWith(listen => listen.UseIdleTimeout(idle).Run(ConnectionText.Echo));
        foreach (var seconds in (int[])[1, 50, 99, 150, 199])
        {
            await using var client = await world.Connect();
            await world.Pass(TimeSpan.FromSeconds(seconds / 2.0));
            await client.SendAsync("x");
            await client.ReadAsync(1);
            await world.Pass(TimeSpan.FromSeconds(seconds / 2.0));
            await client.SendAsync("x");
            await client.ReadAsync(1);
            var lastUsed = world.Network.Elapsed;

            Assert.Equal("", await client.ReadToEndAsync());

            AssertPassed(world, lastUsed, idle);
        }
    });

    [Fact]
    public void Timeouts_of_one_endpoint_leave_another_alone() => Simulated.Run(Seed, async world =>
    {
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = world.Server;
            // The endpoints begin with what the server has when it starts.
            options.Listen(new System.Net.IPEndPoint(world.Server.Address, 1))
                .UseTimeouts(timeouts => timeouts.Idle /= 10).Run(ConnectionText.Echo);
            options.Listen(new System.Net.IPEndPoint(world.Server.Address, 2)).Run(ConnectionText.Echo);
            options.Listen(new System.Net.IPEndPoint(world.Server.Address, 3))
                .UseIdleTimeout(Timeout.InfiniteTimeSpan).Run(ConnectionText.Echo);
            options.Timeouts.Idle = TimeSpan.FromSeconds(200);
        }, CancellationToken.None);

        var begun = world.Network.Elapsed;
        await using var first = await world.Client.ConnectAsync(server.EndPoints[0]);
        await using var second = await world.Client.ConnectAsync(server.EndPoints[1]);
        await using var third = await world.Client.ConnectAsync(server.EndPoints[2]);
        await first.ReadToEndAsync();
        AssertPassed(world, begun, TimeSpan.FromSeconds(20));
        await second.ReadToEndAsync();
        AssertPassed(world, begun, TimeSpan.FromSeconds(200));
        await world.Pass(TimeSpan.FromDays(2));
        await third.SendAsync("still here");
        Assert.Equal("still here", await third.ReadAsync(10));
    });

    [Fact]
    public void Wrong_value_in_UseTimeouts_fails_the_start_and_names_the_option() => Simulated.Run(Seed, async world =>
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => world.StartWith(
            listen => listen.UseTimeouts(timeouts => timeouts.WriteStall = TimeSpan.Zero).Run(ConnectionText.Echo)));

        Assert.Contains("WriteStall must be 1 ms to 365 days, or Timeout.InfiniteTimeSpan to turn it off.", error.Message);
    });

    [Theory]
    [InlineData(0, 5)]
    [InlineData(-1, 5)]
    [InlineData(double.NaN, 5)]
    [InlineData(double.PositiveInfinity, 5)]
    [InlineData(10, 0)]
    [InlineData(10, 100_000)]
    public void Rate_that_makes_no_sense_is_refused(double bytesPerSecond, int seconds)
    {
        var rate = new DataRate(bytesPerSecond, TimeSpan.FromSeconds(seconds));
        var timeouts = new SockeyeServerOptions().Timeouts;

        Assert.Throws<ArgumentOutOfRangeException>(() => timeouts.MinReceiveRate = rate);
        Assert.Throws<ArgumentOutOfRangeException>(() => timeouts.MinSendRate = rate);
    }

    [Fact]
    public void Idle_client_connection_is_closed_where_that_is_asked_for() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            ConnectionText.Echo, options => options.Timeouts.Idle = Timeout.InfiniteTimeSpan);
        var client = world.NewClient(options => options.Timeouts.Idle = TimeSpan.FromSeconds(30));
        await using var connection = await client.ConnectAsync(world.Server.Name, 7000);
        await using var unwatched = await world.NewClient().ConnectAsync(world.Server.Name, 7000);
        var begun = world.Network.Elapsed;

        await Assert.ThrowsAsync<ConnectionAbortedException>(connection.ReadToEndAsync);

        AssertPassed(world, begun, TimeSpan.FromSeconds(30));
        Assert.Equal(CloseCause.Timeout, connection.CloseReason!.Cause);
        Assert.Null(unwatched.CloseReason);
    });

    private static void AssertPassed(Simulated world, TimeSpan since, TimeSpan time) =>
        Assert.InRange(world.Network.Elapsed - since, time - Journeys, time + CoarseTimer.Tick + Journeys);

    /// <summary>Writes a byte each second until the other side has ended the connection.</summary>
    private static async Task SendHeartbeatsAsync(ConnectionContext connection)
    {
        var time = Scheduling.GetTimeProvider(connection);
        while (!(await connection.Transport.Output.WriteAsync(new byte[1])).IsCompleted)
            await Task.Delay(TimeSpan.FromSeconds(1), time);
    }
}
