using Sockeye.Tests.Support;

namespace Sockeye.Tests.Monitoring;

/// <summary>What a server reports about stalled connections, and about its stop.</summary>
public sealed class StallTests
{
    private const int Seed = 1705;

    private static readonly byte[] TooMuch = new byte[4_000_000];

    [Fact]
    public void Peer_that_reads_nothing_is_a_sign_from_5_s_on_which_is_over_when_it_reads() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var other = await world.Connect();
        await using var client = await world.Connect();
        var sending = client.Transport.Output.WriteAsync(TooMuch).AsTask();
        await world.Until(() => server.GetLoad().SendBlocked == 1, "sending was blocked");
        await world.Pass(TimeSpan.FromSeconds(4.5));
        Assert.Empty(server.GetLoad().Signs);
        Assert.Equal((0, 0), (server.GetLoad().SendsStalled, server.GetLoad().ReadsStalled));

        await world.Pass(TimeSpan.FromSeconds(18));
        var info = Assert.Single(server.GetConnections(), connection => connection.IsSendBlocked);
        Assert.InRange(info.SendBlockedFor, TimeSpan.FromSeconds(22), TimeSpan.FromSeconds(23));
        // The handler does not read either, since it cannot send: one cause, one sign.
        Assert.Equal((1, 0), (server.GetLoad().SendsStalled, server.GetLoad().ReadsStalled));
        var sign = Assert.Single(server.GetLoad().Signs);
        Assert.Equal((SaturationKind.SendsStalled, 0.625, null), (sign.Kind, sign.Level, sign.EndPoint));
        Assert.Matches(
            $"^the peer of {info.ConnectionId} has read nothing for 22\\.\\d s while data waits for it: .*Timeouts\\.WriteStall",
            sign.Description);

        Assert.Equal(TooMuch.Length, await ReceiveAsync(client, TooMuch.Length));
        await sending;
        await world.Until(() => server.GetLoad() is { Signs: [], SendBlocked: 0, SendsStalled: 0 }, "the peer had read");
        Assert.All(server.GetConnections(), connection => Assert.Equal(TimeSpan.Zero, connection.SendBlockedFor));
    });

    [Fact]
    public void Level_of_stalls_stays_below_that_of_a_server_in_trouble() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection => await connection.Transport.Output.WriteAsync(TooMuch));
        for (var i = 0; i < 3; i++)
            await world.Connect();
        await world.Until(() => server.GetLoad().SendsStalled == 3, "all were stalled");

        var sign = Assert.Single(server.GetLoad().Signs);
        Assert.Equal(0.75, sign.Level);
        Assert.Matches(
            "^3 peers have read nothing for 5 s or longer while data waits for them, that of [^ ]+ for ", sign.Description);
    });

    [Fact]
    public void Handler_that_reads_nothing_while_data_waits_is_a_sign() => Simulated.Run(Seed, async world =>
    {
        var mayRead = new TaskCompletionSource();
        await using var server = await world.Start(async connection =>
        {
            await mayRead.Task;
            await ConnectionText.Echo(connection);
        });
        await using var client = await world.Connect();
        var sending = client.Transport.Output.WriteAsync(TooMuch).AsTask();
        await world.Until(() => server.GetLoad().ReadPaused == 1, "reading paused");
        await world.Pass(TimeSpan.FromSeconds(8));

        var info = Assert.Single(server.GetConnections());
        Assert.InRange(info.ReadPausedFor, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(9));
        var sign = Assert.Single(server.GetLoad().Signs);
        Assert.Equal((SaturationKind.ReadsStalled, 1), (sign.Kind, server.GetLoad().ReadsStalled));
        Assert.StartsWith(
            $"the handler of {info.ConnectionId} has read nothing for 8.", sign.Description, StringComparison.Ordinal);

        mayRead.SetResult();
        Assert.Equal(TooMuch.Length, await ReceiveAsync(client, TooMuch.Length));
        await sending;
        await world.Until(() => server.GetLoad() is { Signs: [], ReadPaused: 0 }, "the handler had read");
    });

    [Fact]
    public void Peer_that_reads_a_little_now_and_then_is_no_sign() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection => await connection.Transport.Output.WriteAsync(TooMuch));
        await using var client = await world.Connect();
        await world.Until(() => server.GetLoad().SendBlocked == 1, "sending was blocked");
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200_000, await ReceiveAsync(client, 200_000));
            await world.Pass(TimeSpan.FromSeconds(3));
            Assert.Empty(server.GetLoad().Signs);
        }
    });

    [Fact]
    public void Server_that_is_being_stopped_says_what_is_left_and_for_how_long() => Simulated.Run(Seed, async world =>
    {
        var mayEnd = new TaskCompletionSource();
        var server = await world.Start(_ => mayEnd.Task, options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));
        await using var client = await world.Connect();
        await world.Until(() => server.ConnectionCount == 1, "the client was accepted");
        Assert.Equal((false, null), (server.GetLoad().IsStopping, server.GetLoad().StopTimeLeft));

        var stop = server.StopAsync();
        await world.Pass(TimeSpan.FromSeconds(10));
        var load = server.GetLoad();
        Assert.Equal((true, 1), (load.IsStopping, load.Connections));
        Assert.InRange(load.StopTimeLeft!.Value, TimeSpan.FromSeconds(19), TimeSpan.FromSeconds(20));
        // As planned: nothing that a level of 1, where clients fail, should cause an alert for.
        Assert.Equal(0.5, Assert.Single(load.Signs).Level);

        mayEnd.SetResult();
        await stop;
        Assert.Equal((true, 0), (server.GetLoad().IsStopping, server.GetLoad().Connections));
        await server.DisposeAsync();
    });

    private static async Task<int> ReceiveAsync(Microsoft.AspNetCore.Connections.ConnectionContext client, int count)
    {
        var received = 0;
        while (received < count)
        {
            var read = await client.Transport.Input.ReadAsync();
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, count - received));
            received += (int)taken.Length;
            client.Transport.Input.AdvanceTo(taken.End);
            if (read.IsCompleted)
                break;
        }

        return received;
    }
}
