using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

public sealed class HeartbeatTests
{
    private const int Seed = 20;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    private static readonly Codec<string> Beating = Lines.WithHeartbeat(heartbeat =>
    {
        (heartbeat.CreatePing, heartbeat.IsPong) = (() => "ping", line => line is "pong");
        (heartbeat.IsPing, heartbeat.CreatePong) = (line => line is "ping", _ => "pong");
        (heartbeat.Interval, heartbeat.Timeout) = (Interval, Timeout);
    });

    private static readonly Codec<string> Answering = Lines.WithHeartbeat(heartbeat =>
        (heartbeat.IsPing, heartbeat.CreatePong) = (line => line is "ping", _ => "pong"));

    [Fact]
    public void Dead_peer_is_noticed_in_the_stated_time_although_tcp_reports_nothing() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Answering, line => line));
        await using var connection = await world.Connect();
        var client = connection.AsMessages(Beating);
        await client.WriteAsync("one");
        Assert.Equal("one", (await client.ReadAsync()).Message);

        using var partition = world.Network.Partition(world.Server, world.Client);
        var begun = world.Network.Elapsed;
        var reading = client.ReadAsync().AsTask();
        await Assert.ThrowsAnyAsync<Exception>(() => reading);

        var limit = (Interval * 1.25) + Timeout + TimeSpan.FromMilliseconds(200);
        Assert.InRange(world.Network.Elapsed - begun, Interval, limit);
        Assert.Equal((ClosedBy.Local, CloseCause.Timeout), (client.CloseReason!.By, client.CloseReason.Cause));
        Assert.Contains("heartbeat", client.CloseReason.Description);
    });

    [Fact]
    public void Silent_peer_that_answers_pings_stays_connected_and_the_reader_sees_none_of_them() => Simulated.Run(
        Seed, async world =>
        {
            List<string> received = [];
            await using var server = await world.StartWith(listen => listen.Run(Answering, async peer =>
            {
                await foreach (var line in peer.ReadAllAsync())
                {
                    received.Add(line);
                    await peer.WriteAsync(line);
                }
            }));
            await using var connection = await world.Connect();
            var client = connection.AsMessages(Beating);
            var reading = client.ReadAsync().AsTask();

            await world.Pass(TimeSpan.FromHours(1));
            Assert.False(reading.IsCompleted);
            await client.WriteAsync("one");

            Assert.Equal("one", await MessageOf(reading));
            Assert.Equal(["one"], received);
        });

    [Fact]
    public void Both_sides_may_send_pings() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Beating, line => line));
        await using var requests = (await world.Connect()).AsMessages(Beating).AsRequests();

        await world.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal("one", await requests.SendAsync("one"));
        Assert.Equal(1, server.ConnectionCount);
    });

    [Fact]
    public void Server_notices_a_dead_client() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Beating, line => line));
        await using var requests = (await world.Connect()).AsMessages(Answering).AsRequests();
        Assert.Equal("one", await requests.SendAsync("one"));

        using var partition = world.Network.Partition(world.Server, world.Client);
        await world.Until(() => server.ConnectionCount == 0, "the server has noticed");

        Assert.InRange(world.Network.Elapsed, Interval, TimeSpan.FromSeconds(20));
        Assert.Contains("Local Timeout", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Side_that_does_not_read_for_a_while_does_not_take_its_peer_for_dead() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Answering, async peer =>
        {
            for (var i = 0; i < 10_000; i++)
                await peer.WriteAsync($"line {i}");
            await foreach (var line in peer.ReadAllAsync())
                await peer.WriteAsync(line);
        }));
        await using var connection = await world.Connect();
        var client = connection.AsMessages(Beating);

        await world.Pass(TimeSpan.FromMinutes(10));

        for (var i = 0; i < 10_000; i++)
            Assert.Equal($"line {i}", (await client.ReadAsync()).Message);
        Assert.Null(client.CloseReason);
    });

    [Fact]
    public void Client_that_keeps_requests_connects_again_after_its_peer_was_dead() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Answering, line => line));
        await using var requests = world.NewClient().KeepRequests(
            "server", 7000, Beating, rules => rules.IsSafeToRepeat = _ => true);
        Assert.Equal("one", await requests.SendAsync("one"));

        using (world.Network.Partition(world.Server, world.Client))
            await world.Until(() => requests.State.Status is not ReconnectStatus.Connected, "the client has noticed");

        Assert.Equal("two", await requests.SendAsync("two"));
    });

    [Fact]
    public void Heartbeat_without_pings_is_refused()
    {
        var neither = Assert.Throws<ArgumentException>(() => Lines.WithHeartbeat(_ => { }));
        var half = Assert.Throws<ArgumentException>(() => Lines.WithHeartbeat(heartbeat =>
            (heartbeat.CreatePing, heartbeat.CreatePong) = (() => "ping", _ => "pong")));

        Assert.Contains("CreatePing", neither.Message);
        Assert.Contains("IsPing", half.Message);
    }

    [Fact]
    public void Heartbeat_for_other_messages_than_those_of_the_connection_is_refused()
    {
        var (client, _) = MemoryConnection.CreatePair();
        var decoder = Lines.WithHeartbeat<string, int>(heartbeat => heartbeat.CreatePing = () => 1);

        var error = Assert.Throws<ArgumentException>(() => client.AsMessages(decoder, Lines));

        Assert.Contains("Int32", error.Message);
    }

    private static async Task<string> MessageOf(Task<MessageReadResult<string>> reading) => (await reading).Message;
}
