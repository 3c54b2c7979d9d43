using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests;

/// <summary>Requests over a connection: one after the other, slowly, too many, and none.</summary>
public sealed class HttpServingTests
{
    private const string Get = $"GET /healthz HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n";

    [Fact]
    public void Requests_of_one_connection_are_answered_in_order_even_when_sent_at_once() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync(Get + $"GET /nowhere HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n" + Get);

        Assert.Equal(200, (await end.ReadAsync()).Status);
        Assert.Equal(404, (await end.ReadAsync()).Status);
        var last = await end.ReadAsync();
        Assert.Equal((200, "keep-alive"), (last.Status, last.Headers["connection"]));
    });

    [Fact]
    public void Request_that_comes_byte_by_byte_is_answered() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        foreach (var one in Get)
        {
            await end.WriteAsync($"{one}");
            await world.PassAsync(0.01);
        }

        Assert.Equal(200, (await end.ReadAsync()).Status);
    });

    [Fact]
    public void Head_gets_the_headers_of_get_and_no_body() => AdminWorld.Run(async world =>
    {
        var whole = await world.GetAsync("/");
        await using var end = await world.OpenAsync();
        await end.WriteAsync($"HEAD / HTTP/1.1\r\nHost: {AdminWorld.Host}\r\nConnection: close\r\n\r\n");
        var head = await end.ReadAsync(isHead: true);

        Assert.Equal(whole.Headers["content-length"], head.Headers["content-length"]);
        Assert.NotEqual("0", head.Headers["content-length"]);
        Assert.True(await end.IsEndedAsync());
    });

    [Fact]
    public void Connection_ends_after_the_answer_when_the_client_says_close() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync(Get.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));

        Assert.Equal("close", (await end.ReadAsync()).Headers["connection"]);
        Assert.True(await end.IsEndedAsync());
    });

    [Fact]
    public void Client_that_ends_its_side_still_gets_its_answer() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync(Get);
        await end.EndAsync();

        Assert.Equal(200, (await end.ReadAsync()).Status);
        Assert.True(await end.IsEndedAsync());
    });

    [Fact]
    public void Request_that_is_not_whole_within_10_s_gets_408() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        var begun = world.Network.Elapsed;
        await end.WriteAsync(Get[..20]);
        await world.PassAsync(9);
        await end.WriteAsync(Get[20..22]);

        Assert.Equal(408, (await end.ReadAsync()).Status);
        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 10, 10.5);
        Assert.True(await end.IsEndedAsync());
    });

    [Fact]
    public void Body_that_does_not_come_gets_408() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync($"POST /api/close HTTP/1.1\r\nHost: {AdminWorld.Host}\r\nContent-Length: 10\r\n\r\n{{");
        Assert.Equal(408, (await end.ReadAsync()).Status);
    });

    [Fact]
    public void Client_that_says_nothing_is_closed_after_10_s_without_an_answer() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        var begun = world.Network.Elapsed;
        Assert.True(await end.IsEndedAsync());
        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 10, 11);
    });

    [Fact]
    public void Connection_without_a_next_request_is_closed_after_a_minute() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync(Get);
        Assert.Equal(200, (await end.ReadAsync()).Status);
        var begun = world.Network.Elapsed;
        Assert.True(await end.IsEndedAsync());
        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 59, 62);
    });

    [Fact]
    public void Too_long_a_head_gets_431_and_too_long_a_body_413() => AdminWorld.Run(async world =>
    {
        Assert.Equal(431, (await world.SendAsync($"GET / HTTP/1.1\r\nX: {new string('x', 9000)}")).Status);
        var body = new string('x', 5000);
        Assert.Equal(413, (await world.SendAsync(
            $"POST /api/close HTTP/1.1\r\nHost: {AdminWorld.Host}\r\nContent-Length: {body.Length}\r\n\r\n{body}")).Status);
    });

    [Fact]
    public void What_follows_a_broken_request_is_not_read_as_another() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync(
            $"POST /api/close HTTP/1.1\r\nHost: {AdminWorld.Host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Get);
        Assert.Equal(501, (await end.ReadAsync()).Status);
        Assert.True(await end.IsEndedAsync());
    });

    [Fact]
    public void Request_that_ends_in_the_middle_gets_400() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync(Get[..20]);
        await end.EndAsync();
        Assert.Equal(400, (await end.ReadAsync()).Status);
    });

    [Fact]
    public void Stop_ends_connections_that_wait_for_a_request_at_once() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync(Get);
        await end.ReadAsync();
        var begun = world.Network.Elapsed;
        var stop = world.Admin.DisposeAsync();
        Assert.True(await end.IsEndedAsync());
        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 0, 0.5);
        await stop;
    });

    [Fact]
    public void Sixty_fifth_client_is_reset_and_the_others_are_served() => AdminWorld.Run(async world =>
    {
        List<HttpClientEnd> ends = [];
        for (var i = 0; i < 64; i++)
            ends.Add(await world.OpenAsync());
        await ends[0].WriteAsync(Get);
        Assert.Equal(200, (await ends[0].ReadAsync()).Status);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await using var more = await world.OpenAsync();
            await more.WriteAsync(Get);
            await more.ReadAsync();
        });
        foreach (var end in ends)
            await end.DisposeAsync();
    });

    [Fact]
    public void Every_answer_carries_the_headers_that_protect_it() => AdminWorld.Run(async world =>
    {
        foreach (var target in (string[])["/", "/page.js", "/api/server", "/metrics", "/nowhere"])
        {
            var headers = (await world.GetAsync(target)).Headers;
            Assert.Contains("default-src 'none'", headers["content-security-policy"], StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", headers["content-security-policy"], StringComparison.Ordinal);
            Assert.Equal("nosniff", headers["x-content-type-options"]);
            Assert.Equal("DENY", headers["x-frame-options"]);
            Assert.Equal("no-referrer", headers["referrer-policy"]);
            Assert.Equal("no-store", headers["cache-control"]);
            Assert.DoesNotContain(headers.Keys, name => name.StartsWith("access-control", StringComparison.Ordinal));
        }
    });
}
