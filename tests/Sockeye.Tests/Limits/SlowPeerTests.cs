using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class SlowPeerTests
{
    private const int Seed = 32;
    private const int Much = 4_000_000;

    [Fact]
    public void Peer_that_sends_a_byte_now_and_then_is_not_idle() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            ConnectionText.Echo, options => options.Timeouts.Idle = TimeSpan.FromSeconds(11));
        await using var client = await world.Connect();

        await SendSlowlyAsync(world, client, bytes: 60);

        Assert.Equal(1, server.ConnectionCount);
    });

    [Fact]
    public void Peer_that_sends_a_byte_now_and_then_is_below_the_least_rate() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            ConnectionText.Echo, options => options.Timeouts.MinReceiveRate = new(1, TimeSpan.FromSeconds(15)));
        await using var client = await world.Connect();
        await using var good = await world.Connect();
        var sending = SendAsync();

        await SendSlowlyAsync(world, client, bytes: 10);
        Assert.Equal("xx", await client.ReadToEndAsync());
        await sending;

        Assert.Matches(
            @"Local Timeout Both, the peer sent 2 bytes in 15(\.1)? s, .* 1 bytes per second \(Timeouts\.MinReceiveRate\)",
            (await world.ConnectionEnded()).Message);
        Assert.Equal(1, server.ConnectionCount);

        async Task SendAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                await good.SendAsync("x");
                await world.Pass(TimeSpan.FromSeconds(1));
            }
        }
    });

    [Fact]
    public void Peer_is_not_to_blame_for_time_in_which_the_handler_did_not_read() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            async connection =>
            {
                for (var read = 0; read < Much;)
                {
                    await world.Pass(TimeSpan.FromMinutes(1));
                    var result = await connection.Transport.Input.ReadAsync();
                    read += (int)result.Buffer.Length;
                    connection.Transport.Input.AdvanceTo(result.Buffer.End);
                }

                await connection.SendAsync("all");
                await connection.ReadToEndAsync();
            },
            options => options.Timeouts.MinReceiveRate = new(50_000, TimeSpan.FromSeconds(5)));
        await using var client = await world.Connect();

        var flush = await client.Transport.Output.WriteAsync(new byte[Much]);
        await client.Transport.Output.CompleteAsync();

        Assert.False(flush.IsCompleted);
        Assert.Equal("all", await client.ReadAsync(3));
    });

    [Fact]
    public void Peer_that_takes_nothing_is_reset_while_others_are_served() => Simulated.Run(Seed, async world =>
    {
        var stall = TimeSpan.FromSeconds(20);
        var flushed = new TaskCompletionSource<bool>();
        await using var server = await world.Start(
            async connection =>
            {
                if (await connection.ReadAsync(1) != "m")
                {
                    await ConnectionText.Echo(connection);
                    return;
                }

                var flush = await connection.Transport.Output.WriteAsync(new byte[Much]);
                flushed.TrySetResult(flush.IsCompleted);
            },
            options => options.Timeouts.WriteStall = stall);
        await using var good = await world.Connect();
        await good.SendAsync("e");
        await using var bad = await world.Connect();
        await bad.SendAsync("m");
        var asked = world.Network.Elapsed;

        while (!flushed.Task.IsCompleted)
        {
            await good.SendAsync("x");
            await good.ReadAsync(1);
            await world.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.True(await flushed.Task);
        Assert.InRange(world.Network.Elapsed - asked, stall, (stall * 1.25) + TimeSpan.FromSeconds(2));
        Assert.Contains(
            "Local Timeout Both, the peer accepted none of the data that waits to be sent for 20 s (Timeouts.WriteStall)",
            (await world.ConnectionEnded()).Message);
        await Assert.ThrowsAsync<ConnectionResetException>(bad.ReadToEndAsync);
        Assert.Equal(1, server.ConnectionCount);
    });

    [Fact]
    public void Peer_that_takes_slowly_is_neither_stalled_nor_idle() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            async connection => await connection.Transport.Output.WriteAsync(new byte[Much]),
            options => options.Timeouts.Idle = options.Timeouts.WriteStall = TimeSpan.FromSeconds(20));
        world.Client.ReadRate = 5000;
        await using var client = await world.Connect();

        Assert.Equal(Much, (await client.ReadToEndAsync()).Length);
        Assert.InRange(world.Network.Elapsed, TimeSpan.FromMinutes(13), TimeSpan.FromMinutes(15));
    });

    [Fact]
    public void Peer_that_takes_slowly_is_below_the_least_rate() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            async connection => await connection.Transport.Output.WriteAsync(new byte[Much]),
            options => options.Timeouts.MinSendRate = new(20_000, TimeSpan.FromSeconds(5)));
        world.Client.ReadRate = 5000;
        await using var client = await world.Connect();

        var end = (await world.ConnectionEnded()).Message;

        Assert.InRange(world.Network.Elapsed, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(11));
        Assert.Contains("Local Timeout Both, the peer accepted ", end);
        Assert.Contains("(Timeouts.MinSendRate)", end);
        await Assert.ThrowsAsync<ConnectionResetException>(client.ReadToEndAsync);
    });

    [Fact]
    public void Peer_that_takes_everything_at_once_may_do_so_seldom() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            ConnectionText.Echo, options => options.Timeouts.MinSendRate = new(1_000_000, TimeSpan.FromSeconds(5)));
        await using var client = await world.Connect();

        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync("x");
            await client.ReadAsync(1);
            await world.Pass(TimeSpan.FromSeconds(33));
        }

        Assert.Equal(1, server.ConnectionCount);
    });

    [Fact]
    public void Data_that_a_lost_peer_never_takes_is_dropped_with_its_idle_connection() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(
            async connection =>
            {
                await connection.ReadAsync(1);
                await world.Pass(TimeSpan.FromSeconds(1));
                await connection.SendAsync("into the void");
                await connection.ReadToEndAsync();
            },
            options => options.Timeouts.Idle = TimeSpan.FromSeconds(20));
        await using var client = await world.Connect();
        await client.SendAsync("x");
        await world.Pass(TimeSpan.FromSeconds(0.5));
        using var partition = world.Network.Partition(world.Server, world.Client);

        await world.Until(() => server.ConnectionCount == 0, "the connection was gone");

        // Data waits for the peer, so for another quarter the poll checks whether it receives any.
        Assert.InRange(world.Network.Elapsed, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(27));
        Assert.Contains("(Timeouts.Idle)", (await world.ConnectionEnded()).Message);
        Assert.Contains("close with RST", world.Network.FormatTrace());
    });

    private static async Task SendSlowlyAsync(Simulated world, ConnectionContext client, int bytes)
    {
        for (var i = 0; i < bytes && !client.ConnectionClosed.IsCancellationRequested; i++)
        {
            await client.SendAsync("x");
            await world.Pass(TimeSpan.FromSeconds(10));
        }
    }
}
