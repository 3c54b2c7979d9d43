using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>
/// What a client does on a network that fails. The scripted transport shows exact schedules; here TCP, the server and the faults
/// are as they would be.
/// </summary>
public sealed class SimulatedClientTests
{
    private const int Seed = 34;

    [Fact]
    public void IPv4_wins_after_the_attempt_delay_where_IPv6_is_a_black_hole() => Simulated.Run(Seed, async world =>
    {
        var options = new SockeyeClientOptions();
        await using var server = await world.Start(ConnectionText.Echo);
        world.Network.AddRule(segment =>
            segment.Source.AddressFamily is AddressFamily.InterNetworkV6 ? Verdict.Drop : null);

        await using var connection = await world.NewClient().ConnectAsync("server", 7000);

        Assert.Equal(world.Server.Address, ((IPEndPoint)connection.RemoteEndPoint!).Address);
        // The handshake itself takes two journeys, each of 1 to 2 ms.
        var handshake = world.Network.Elapsed - options.ConnectionAttemptDelay;
        Assert.InRange(handshake, TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(4));
        await world.Until(() => server.ConnectionCount == 1, "the server had the one connection");
    });

    [Fact]
    public void IPv6_wins_at_once_where_both_answer_and_no_second_connection_is_opened() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);

        await using var connection = await world.NewClient().ConnectAsync("server", 7000);

        Assert.Equal(world.Server.AddressV6, ((IPEndPoint)connection.RemoteEndPoint!).Address);
        Assert.InRange(world.Network.Elapsed, TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(4));
        await world.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(1, server.ConnectionCount);
    });

    [Fact]
    public void Connect_gives_up_after_its_timeout_where_nothing_passes_and_names_both_addresses() =>
        Simulated.Run(Seed, async world =>
        {
            var timeout = TimeSpan.FromSeconds(7);
            await using var server = await world.Start(ConnectionText.Echo);
            using var partition = world.Network.Partition(world.Client, world.Server);

            var client = world.NewClient(options => options.ConnectTimeout = timeout);
            var error = await Assert.ThrowsAsync<ConnectException>(
                () => client.ConnectAsync("server", 7000, CancellationToken.None).AsTask());

            Assert.Equal(timeout, world.Network.Elapsed);
            Assert.Contains($"{world.Server.Address}", error.Message);
            Assert.Contains($"{world.Server.AddressV6}", error.Message);
        });

    [Fact]
    public void Client_that_gives_up_before_the_answer_leaves_nothing_at_the_server() =>
        Simulated.Run(Seed, async world =>
        {
            world.Network.Latency = TimeSpan.FromSeconds(3);
            await using var server = await world.Start(ConnectionText.Echo);

            var client = world.NewClient(options => options.ConnectTimeout = TimeSpan.FromSeconds(5));
            await Assert.ThrowsAsync<ConnectException>(
                () => client.ConnectAsync("server", 7000, CancellationToken.None).AsTask());

            await world.Pass(TimeSpan.FromMinutes(1));
            Assert.Equal(0, server.ConnectionCount);
        });

    [Fact]
    public void Reconnecting_client_finds_a_server_that_crashed_and_came_back() => Simulated.Run(Seed, async world =>
    {
        var down = TimeSpan.FromMinutes(5);
        var (served, longest) = (new List<TimeSpan>(), new ReconnectOptions().MaxDelay);
        var crashed = await world.Start(Greet);
        await foreach (var connection in world.NewClient().ReconnectAsync("server", 7000))
        {
            Assert.Equal("!", await connection.ReadAsync(1));
            served.Add(world.Network.Elapsed);
            if (served.Count == 2)
                break;

            world.Server.Crash();
            await world.Pass(down);
            world.Server.Restart();
            await crashed.DisposeAsync();
            crashed = await world.Start(Greet);

            // The new server knows nothing of the old connection, and answers the next bytes with a reset.
            await connection.SendAsync("?");
            await connection.AssertResetAsync();
        }

        await crashed.DisposeAsync();
        Assert.InRange(served[1] - served[0], down, down + longest);
        Assert.Contains("reset", Assert.Single(world.Log.WithId(3001)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Attempts_at_a_crashed_server_are_spaced_by_the_backoff() => Simulated.Run(Seed, async world =>
    {
        var (least, most) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));
        var client = world.NewClient(options =>
        {
            (options.Reconnect.MinDelay, options.Reconnect.MaxDelay) = (least, most);
            options.ConnectTimeout = TimeSpan.FromSeconds(2);
        });
        var (attempts, ports) = (new List<TimeSpan>(), new HashSet<int>());
        using var watch = world.Network.AddRule(segment =>
        {
            // TCP sends a SYN again after a second: only the first of a port is an attempt.
            if (segment.Control is SegmentControl.Syn && segment.Source.AddressFamily is AddressFamily.InterNetworkV6
                && ports.Add(segment.Source.Port))
                attempts.Add(world.Network.Elapsed);
            return null;
        });
        world.Server.Crash();
        await using var connections = client.ReconnectAsync("server", 7000).GetAsyncEnumerator();
        var next = connections.MoveNextAsync().AsTask();

        await world.Pass(TimeSpan.FromMinutes(2));
        world.Server.Restart();
        await using var server = await world.Start(Greet);
        Assert.True(await next);

        var pauses = attempts.Zip(attempts.Skip(1), (one, two) => two - one - TimeSpan.FromSeconds(2)).ToList();
        Assert.InRange(attempts.Count, 120 / 10, 120 / 3);
        Assert.All(pauses, pause => Assert.InRange(pause, least, most));
        Assert.Contains(pauses, pause => pause > most / 2);
    });

    [Fact]
    public void Pool_drops_connections_that_died_in_a_partition() => Simulated.Run(Seed, async world =>
    {
        var idle = TimeSpan.FromSeconds(20);
        await using var server = await world.StartWith(listen => listen.UseIdleTimeout(idle).Run(ConnectionText.Echo));
        await using var pool = new ConnectionPool(
            world.NewClient(), "server", 7000, new ConnectionPoolOptions { IdleTimeout = Timeout.InfiniteTimeSpan });
        var before = await Exchange(pool, count: 3);
        Assert.Equal(3, pool.Count);

        using (world.Network.Partition(world.Server, world.Client))
            await world.Pass(idle * 2);
        await world.Pass(idle); // The server has closed them: its FINs are sent again, and pass now.

        var after = await Exchange(pool, count: 3);
        Assert.Empty(before.Intersect(after));
        Assert.Equal(3, pool.Count);
    });

    /// <summary>Rents the given number at a time, sends an echo on each, and returns them.</summary>
    private static async Task<List<string>> Exchange(ConnectionPool pool, int count)
    {
        List<PooledConnection> rented = [];
        for (var i = 0; i < count; i++)
            rented.Add(await pool.RentAsync());
        foreach (var one in rented)
        {
            await one.Connection.SendAsync("word");
            Assert.Equal("word", await one.Connection.ReadAsync(4));
        }

        foreach (var one in rented)
            await one.DisposeAsync();
        return [.. rented.Select(one => one.Connection.ConnectionId)];
    }

    private static async Task Greet(ConnectionContext connection)
    {
        await connection.SendAsync("!");
        await connection.ReadToEndAsync();
    }
}
