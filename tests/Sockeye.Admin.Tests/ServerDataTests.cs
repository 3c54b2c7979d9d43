using System.Text.Json;
using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests;

/// <summary>What the page learns of the server as a whole.</summary>
public sealed class ServerDataTests
{
    [Fact]
    public void Server_shows_its_listeners_with_their_middleware_and_its_limits() => AdminWorld.Run(async world =>
    {
        await using var client = await world.ConnectAsync();
        await world.PassAsync(1);
        var server = await world.GetJsonAsync("/api/server");

        Assert.Equal((1, 10), (server.GetProperty("connections").GetInt32(), server.GetProperty("maxConnections").GetInt32()));
        Assert.Empty(server.GetProperty("signs").EnumerateArray());
        var listener = Assert.Single(server.GetProperty("listeners").EnumerateArray());
        Assert.Equal("[::]:7000", listener.GetProperty("endPoint").GetString());
        Assert.True(listener.GetProperty("isListening").GetBoolean());
        Assert.Equal((1, 1), (listener.GetProperty("accepted").GetInt64(), listener.GetProperty("open").GetInt64()));
    }, server: options => options.MaxConnections = 10);

    [Fact]
    public void Signs_are_described_before_clients_fail_and_health_changes_when_they_do() => AdminWorld.Run(async world =>
    {
        List<IAsyncDisposable> clients = [];
        async Task<(string Kind, double Level, int Health)> WithAsync(int count)
        {
            while (clients.Count < count)
                clients.Add(await world.ConnectAsync());
            await world.PassAsync(1);
            var sign = (await world.GetJsonAsync("/api/server")).GetProperty("signs")[0];
            Assert.Contains("MaxConnections", sign.GetProperty("text").GetString(), StringComparison.Ordinal);
            var health = (await world.GetAsync("/healthz")).Status;
            return (sign.GetProperty("kind").GetString()!, sign.GetProperty("level").GetDouble(), health);
        }

        Assert.Equal(200, (await world.GetAsync("/healthz")).Status);
        Assert.Equal(("connections", 0.9, 200), await WithAsync(9));
        Assert.Equal(("connections", 1.0, 503), await WithAsync(10));
        Assert.Contains("\nconnections: 10 of 10", (await world.GetAsync("/healthz")).Text, StringComparison.Ordinal);
        foreach (var client in clients)
            await client.DisposeAsync();
    }, server: options => options.MaxConnections = 10);

    [Fact]
    public void Server_shows_its_identity_where_it_runs_and_what_it_uses() => AdminWorld.Run(async world =>
    {
        await world.PassAsync(5);
        var server = await world.GetJsonAsync("/api/server");
        Assert.Equal("orders \"éü\" <b>", server.GetProperty("name").GetString());
        Assert.Equal("simulation", server.GetProperty("engine").GetProperty("name").GetString());
        Assert.InRange(server.GetProperty("uptime").GetDouble(), 5, 6);
        Assert.Equal(JsonValueKind.Null, server.GetProperty("stopping").ValueKind);

        var process = server.GetProperty("process");
        Assert.Equal(Environment.ProcessId, process.GetProperty("id").GetInt32());
        Assert.Equal(Environment.MachineName, process.GetProperty("host").GetString());
        Assert.Equal(Environment.ProcessorCount, process.GetProperty("processors").GetInt32());
        Assert.StartsWith(".NET ", process.GetProperty("runtime").GetString(), StringComparison.Ordinal);
        Assert.Matches("^\\d+\\.\\d+\\.\\d+[^+]*$", process.GetProperty("sockeye").GetString());
        Assert.NotEqual("", process.GetProperty("version").GetString());
        Assert.InRange(process.GetProperty("gcHeap").GetInt64(), 1, process.GetProperty("workingSet").GetInt64() * 2);
        Assert.True(process.GetProperty("cpu").GetDouble() >= 0);
        Assert.InRange(process.GetProperty("startedAt").GetDateTimeOffset().Year, 2020, 2200);
    }, options => options.Name = "orders \"éü\" <b>");

    [Fact]
    public void Planned_stop_is_shown_as_one_with_what_is_left_and_takes_the_server_out_of_service()
    {
        var mayEnd = new TaskCompletionSource();
        AdminWorld.Run(async world =>
        {
            await using var client = await world.ConnectAsync();
            await using var other = await world.ConnectAsync();
            await world.PassAsync(1);
            Assert.Equal("ok\n", (await world.GetAsync("/healthz")).Text);

            var stop = world.Server.StopAsync();
            await world.PassAsync(10);
            var server = await world.GetJsonAsync("/api/server");
            // No sign says that clients fail: nothing is wrong.
            Assert.Empty(server.GetProperty("signs").EnumerateArray());
            var stopping = server.GetProperty("stopping");
            Assert.Equal(2, stopping.GetProperty("left").GetInt32());
            Assert.InRange(stopping.GetProperty("timeLeft").GetDouble(), 19, 20);
            Assert.Matches(
                "^2 connections are left to drain; any that is still open in (19|20)\\.\\d s is aborted",
                stopping.GetProperty("text").GetString());
            Assert.False(server.GetProperty("listeners")[0].GetProperty("isListening").GetBoolean());
            var health = await world.GetAsync("/healthz");
            Assert.Equal(503, health.Status);
            Assert.StartsWith("stopping\nplanned stop: 2 connections are left to drain", health.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("fail", health.Text, StringComparison.Ordinal);
            // It lives: nothing is to be killed.
            Assert.Equal(200, (await world.GetAsync("/livez")).Status);

            mayEnd.SetResult();
            await stop;
            health = await world.GetAsync("/healthz");
            Assert.Contains("planned stop: no connections are left\n", health.Text, StringComparison.Ordinal);
        }, server: options => options.ShutdownTimeout = TimeSpan.FromSeconds(30), handler: _ => mayEnd.Task);
    }

    [Fact]
    public void Peer_that_reads_nothing_is_a_sign_and_stands_in_its_row() => AdminWorld.Run(async world =>
    {
        await using var client = await world.ConnectAsync();
        var sending = client.Transport.Output.WriteAsync(new byte[4_000_000], CancellationToken.None).AsTask();
        await world.PassAsync(22);

        var server = await world.GetJsonAsync("/api/server");
        Assert.Equal((1, 1), (server.GetProperty("sendBlocked").GetInt32(), server.GetProperty("sendsStalled").GetInt32()));
        Assert.Equal("sendsStalled", Assert.Single(server.GetProperty("signs").EnumerateArray()).GetProperty("kind").GetString());
        var row = (await world.GetJsonAsync("/api/connections?state=sendBlocked")).GetProperty("rows")[0];
        Assert.InRange(row.GetProperty("sendBlockedFor").GetDouble(), 20, 22);
        // A peer's fault takes no server out of service.
        var health = await world.GetAsync("/healthz");
        Assert.Equal(200, health.Status);
        Assert.StartsWith("ok\nsendsStalled: the peer of ", health.Text, StringComparison.Ordinal);

        client.Abort();
        await sending;
    });

    [Fact]
    public void History_grows_by_a_sample_every_interval_and_stays_bounded() => AdminWorld.Run(async world =>
    {
        await world.PassAsync(10.5);
        var history = await world.GetJsonAsync("/api/history");
        Assert.Equal(6, history.GetProperty("time").GetArrayLength());
        Assert.Equal([0, 2, 4, 6, 8, 10], history.GetProperty("time").EnumerateArray().Select(t => Math.Round(t.GetDouble(), 2)));

        var next = history.GetProperty("next").GetInt64();
        Assert.Equal(0, (await world.GetJsonAsync($"/api/history?since={next}")).GetProperty("time").GetArrayLength());
        await world.PassAsync(2);
        Assert.Equal(1, (await world.GetJsonAsync($"/api/history?since={next}")).GetProperty("time").GetArrayLength());

        await world.PassAsync(700);
        Assert.Equal(300, (await world.GetJsonAsync("/api/history")).GetProperty("time").GetArrayLength());
        Assert.Equal(400, (await world.GetAsync("/api/history?since=x")).Status);
    });

    [Fact]
    public void History_shows_what_was_accepted_and_received_in_a_second() => AdminWorld.Run(async world =>
    {
        await world.PassAsync(2.5);
        for (var i = 0; i < 4; i++)
        {
            await using var client = await world.ConnectAsync();
            await client.Transport.Output.WriteAsync(new byte[500], CancellationToken.None);
        }

        await world.PassAsync(4);
        var history = await world.GetJsonAsync("/api/history");
        Assert.Equal(2, Numbers(history, "accepted").Max());
        Assert.Equal(1000, Numbers(history, "received").Max());
        // Closed connections count on: a rate never falls below nothing.
        Assert.All(Numbers(history, "received"), rate => Assert.InRange(rate, 0, 1000));
    });

    private static IEnumerable<double> Numbers(JsonElement history, string name) => history.GetProperty(name).EnumerateArray()
        .Where(value => value.ValueKind is JsonValueKind.Number).Select(value => Math.Round(value.GetDouble()));
}
