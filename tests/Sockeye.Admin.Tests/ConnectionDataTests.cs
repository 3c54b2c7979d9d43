using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests;

/// <summary>What the page learns of connections, and closing them.</summary>
public sealed class ConnectionDataTests
{
    [Fact]
    public void Connections_come_and_go_with_what_is_known_of_them() => AdminWorld.Run(async world =>
    {
        Assert.Equal(0, (await world.GetJsonAsync("/api/connections")).GetProperty("total").GetInt32());
        await using (var client = await world.ConnectAsync())
        {
            await EchoAsync(client, 1000);
            await world.PassAsync(3);
            var row = Assert.Single((await world.GetJsonAsync("/api/connections")).GetProperty("rows").EnumerateArray());
            Assert.Equal(client.LocalEndPoint!.ToString(), row.GetProperty("remote").GetString());
            Assert.Equal("10.0.0.1:7000", row.GetProperty("local").GetString());
            Assert.Equal("[::]:7000", row.GetProperty("listener").GetString());
            Assert.Equal("open", row.GetProperty("state").GetString());
            Assert.Equal((1000, 1000), (row.GetProperty("received").GetInt64(), row.GetProperty("sent").GetInt64()));
            Assert.InRange(row.GetProperty("age").GetDouble(), 3, 4);
            // The simulated network has no kernel to ask.
            Assert.Equal(JsonValueKind.Null, row.GetProperty("roundTrip").ValueKind);
        }

        await world.PassAsync(3);
        Assert.Equal(0, (await world.GetJsonAsync("/api/connections")).GetProperty("total").GetInt32());
        var closed = await world.GetJsonAsync("/api/closed");
        Assert.Equal("fin", Assert.Single(closed.GetProperty("rows").EnumerateArray()).GetProperty("cause").GetString());
        Assert.Equal(1, Assert.Single(closed.GetProperty("causes").EnumerateArray()).GetProperty("count").GetInt32());
    });

    [Fact]
    public void Connection_is_closed_with_the_reason_that_the_log_and_the_page_show() => AdminWorld.Run(async world =>
    {
        var client = await world.ConnectAsync();
        await EchoAsync(client, 1);
        var id = (await world.GetJsonAsync("/api/connections")).GetProperty("rows")[0].GetProperty("id").GetString();

        Assert.Equal(200, (await world.CloseAsync($"{{\"id\":\"{id}\",\"reason\":\"stuck \\u00e9\"}}")).Status);

        await Assert.ThrowsAnyAsync<IOException>(() => EchoAsync(client, 1));
        var row = (await world.GetJsonAsync("/api/closed")).GetProperty("rows")[0];
        Assert.Equal(("abort", "local"), (row.GetProperty("cause").GetString(), row.GetProperty("by").GetString()));
        Assert.Equal("closed on the admin page: stuck é", row.GetProperty("reason").GetString());
        Assert.Contains(
            world.Log.GetSnapshot(), line => line.Id.Id == 1802 && line.Message.Contains($"{id}", StringComparison.Ordinal));
        Assert.Equal(404, (await world.CloseAsync($"{{\"id\":\"{id}\",\"reason\":\"again\"}}")).Status);
        await client.DisposeAsync();
    });

    [Fact]
    public void What_a_browser_sends_is_escaped_in_answers_in_the_data_and_in_the_log() => AdminWorld.Run(async world =>
    {
        var client = await world.ConnectAsync();
        await EchoAsync(client, 1);
        var id = (await world.GetJsonAsync("/api/connections")).GetProperty("rows")[0].GetProperty("id").GetString();

        var refused = await world.GetAsync("/api/connections?sort=%1B%5B2J%0D%0Afail%3A%20forged%E2%80%AE");
        Assert.Equal(400, refused.Status);
        Assert.Contains("\\x1B[2J\\x0D\\x0Afail: forged\\u202E", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(refused.Text.TrimEnd('\n'), char.IsControl);
        Assert.Equal(200, (await world.CloseAsync($"{{\"id\":\"{id}\",\"reason\":\"x\\u2028fail: forged\\u202e\"}}")).Status);
        await Assert.ThrowsAnyAsync<IOException>(() => EchoAsync(client, 1));

        var row = (await world.GetJsonAsync("/api/closed")).GetProperty("rows")[0];
        Assert.Equal("closed on the admin page: x\\u2028fail: forged\\u202E", row.GetProperty("reason").GetString());
        Assert.All(world.Log.GetSnapshot(), line =>
            Assert.DoesNotContain(line.Message, one => char.IsControl(one) || one is '\u2028' or '\u202e'));
        Assert.Contains(world.Log.GetSnapshot(), line => line.Message.Contains("forged", StringComparison.Ordinal));
        await client.DisposeAsync();
    });

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"id\":\"c1\"}")]
    [InlineData("{\"id\":\"c1\",\"reason\":\"  \"}")]
    [InlineData("{\"id\":\"\",\"reason\":\"x\"}")]
    [InlineData("{\"id\":1,\"reason\":\"x\"}")]
    [InlineData("{\"id\":\"c1\",\"reason\":\"two\\nlines\"}")]
    [InlineData("{\"id\":\"c1\",\"reason\":\"x\"")]
    public void Body_that_asks_for_nothing_is_refused(string body) => AdminWorld.Run(async world =>
    {
        var answer = await world.CloseAsync(body);
        Assert.Equal(400, answer.Status);
        Assert.Contains("\"reason\":", answer.Text, StringComparison.Ordinal);
    });

    [Fact]
    public void Reason_has_at_most_200_characters() => AdminWorld.Run(async world =>
    {
        Assert.Equal(404, (await world.CloseAsync($"{{\"id\":\"x\",\"reason\":\"{new string('x', 200)}\"}}")).Status);
        Assert.Equal(400, (await world.CloseAsync($"{{\"id\":\"x\",\"reason\":\"{new string('x', 201)}\"}}")).Status);
    });

    [Fact]
    public void Connections_are_sorted_found_and_paged_by_the_server() => AdminWorld.Run(async world =>
    {
        List<ConnectionContext> clients = [];
        for (var i = 0; i < 7; i++)
        {
            clients.Add(await world.ConnectAsync());
            await EchoAsync(clients[i], 100 * ((i * 3 % 7) + 1));
        }

        await world.PassAsync(1);
        var remotes = clients.Select(client => client.LocalEndPoint!.ToString()!).ToList();
        Assert.Equal(Enumerable.Reverse(remotes), await RemotesAsync(world, ""));
        Assert.Equal(remotes, await RemotesAsync(world, "?sort=age&order=desc"));
        Assert.Equal(remotes, await RemotesAsync(world, "?sort=id"));
        Assert.Equal(
            Enumerable.Range(0, 7).OrderBy(i => i * 3 % 7).Select(i => remotes[i]), await RemotesAsync(world, "?sort=received"));
        Assert.Equal(
            Enumerable.Range(0, 7).OrderByDescending(i => i * 3 % 7).Take(2).Select(i => remotes[i]),
            await RemotesAsync(world, "?sort=sent&order=desc&limit=2"));
        Assert.Equal(
            clients.OrderBy(client => ((System.Net.IPEndPoint)client.LocalEndPoint!).Port).Select(c => $"{c.LocalEndPoint}"),
            await RemotesAsync(world, "?sort=remote"));
        Assert.Equal([remotes[2]], await RemotesAsync(world, $"?q={Uri.EscapeDataString(remotes[2])}"));
        Assert.Empty(await RemotesAsync(world, "?state=halfClosed"));
        Assert.Equal(7, (await RemotesAsync(world, "?listener=%5B::%5D:7000&state=open")).Count());

        // Beyond the last page comes the last one: connections may have ended since.
        var last = await world.GetJsonAsync("/api/connections?limit=3&offset=300");
        Assert.Equal((6, 7), (last.GetProperty("offset").GetInt32(), last.GetProperty("matching").GetInt32()));
        foreach (var client in clients)
            await client.DisposeAsync();
    });

    [Theory]
    [InlineData("?sort=color", "sort is \"color\", and can be age, id,")]
    [InlineData("?order=up", "order is \"up\"")]
    [InlineData("?state=dead", "state is \"dead\"")]
    [InlineData("?limit=201", "limit is \"201\", and must be a number from 1 to 200")]
    [InlineData("?limit=0", "limit is")]
    [InlineData("?offset=-1", "offset is")]
    [InlineData("?page=2", "\"page\" is not an argument here")]
    public void Query_for_what_there_is_not_says_what_there_is(string query, string message) => AdminWorld.Run(async world =>
    {
        var answer = await world.GetAsync($"/api/connections{query}");
        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Text, StringComparison.Ordinal);
    });

    [Fact]
    public void Rates_are_of_the_time_between_two_snapshots() => AdminWorld.Run(async world =>
    {
        await using var client = await world.ConnectAsync();
        await EchoAsync(client, 1);
        Assert.Equal(JsonValueKind.Null, (await FirstRowAsync(world)).GetProperty("receivedPerSecond").ValueKind);

        await EchoAsync(client, 5000);
        await world.PassAsync(2);
        Assert.InRange((await FirstRowAsync(world)).GetProperty("receivedPerSecond").GetDouble(), 2400, 2510);
        await world.PassAsync(2);
        Assert.Equal(0, (await FirstRowAsync(world)).GetProperty("receivedPerSecond").GetDouble());

        // The last request was long ago: an average over that time would say nothing about the present.
        await world.PassAsync(60);
        Assert.Equal(JsonValueKind.Null, (await FirstRowAsync(world)).GetProperty("receivedPerSecond").ValueKind);
    });

    [Fact]
    public void Request_within_half_a_second_of_another_costs_no_new_snapshot() => AdminWorld.Run(async world =>
    {
        await using var client = await world.ConnectAsync();
        await EchoAsync(client, 1);
        var first = (await FirstRowAsync(world)).GetProperty("age").GetDouble();
        Assert.Equal(first, (await FirstRowAsync(world)).GetProperty("age").GetDouble());
        await world.PassAsync(0.6);
        Assert.NotEqual(first, (await FirstRowAsync(world)).GetProperty("age").GetDouble());
    });

    private static async Task<IEnumerable<string>> RemotesAsync(AdminWorld world, string query) =>
        (await world.GetJsonAsync($"/api/connections{query}")).GetProperty("rows").EnumerateArray()
        .Select(row => row.GetProperty("remote").GetString()!);

    private static async Task<JsonElement> FirstRowAsync(AdminWorld world) =>
        (await world.GetJsonAsync("/api/connections")).GetProperty("rows")[0];

    private static async Task EchoAsync(ConnectionContext client, int bytes)
    {
        await client.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(new string('x', bytes)), CancellationToken.None);
        var read = await client.Transport.Input.ReadAtLeastAsync(bytes, CancellationToken.None);
        Assert.Equal(bytes, read.Buffer.Length);
        client.Transport.Input.AdvanceTo(read.Buffer.End);
    }
}
