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
    public void Empty_lines_between_requests_are_skipped() => AdminWorld.Run(async world =>
    {
        await using var end = await world.OpenAsync();
        await end.WriteAsync("\r\n");
        await world.PassAsync(9);
        await end.WriteAsync(Get + "\r\n");
        Assert.Equal(200, (await end.ReadAsync()).Status);
        // Longer than a request may take.
        await world.PassAsync(20);
        await end.WriteAsync("\r");
        await world.PassAsync(1);
        await end.WriteAsync("\n" + Get + "\r\n\r\n");
        Assert.Equal(200, (await end.ReadAsync()).Status);
        await end.EndAsync();
        Assert.True(await end.IsEndedAsync());
    });

    [Theory]
    [InlineData("GET /healthz HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET /livez HTTP/1.0\r\n\r\n", 200)]
    [InlineData("OPTIONS / HTTP/1.0\r\n\r\n", 200)]
    [InlineData("OPTIONS * HTTP/1.0\r\n\r\n", 200)]
    [InlineData("OPTIONS /nowhere HTTP/1.0\r\n\r\n", 404)]
    [InlineData($"GET /metrics HTTP/1.0\r\nHost: {AdminWorld.Host}\r\n\r\n", 200)]
    [InlineData($"GET http://{AdminWorld.Host}/metrics HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET /metrics HTTP/1.0\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 400)]
    [InlineData("POST /api/close HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", 400)]
    [InlineData("GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n", 421)]
    [InlineData("GET http://evil.example/healthz HTTP/1.0\r\n\r\n", 421)]
    public void Http_1_0_is_answered_and_needs_a_host_for_all_that_is_no_probe(string request, int status) =>
        AdminWorld.Run(async world =>
        {
            await using var end = await world.OpenAsync();
            await end.WriteAsync(request);
            var answer = await end.ReadAsync();
            Assert.Equal((status, "close"), (answer.Status, answer.Headers["connection"]));
            Assert.True(status == 200 || answer.Text.Length > 20, "A refusal says why.");
            Assert.True(await end.IsEndedAsync());
        });

    [Fact]
    public void Http_1_0_that_keeps_alive_gets_another_answer() => AdminWorld.Run(async world =>
    {
        const string Probe = "HEAD /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        await using var end = await world.OpenAsync();
        await end.WriteAsync(Probe + Probe);
        Assert.Equal("keep-alive", (await end.ReadAsync(isHead: true)).Headers["connection"]);
        Assert.Equal(200, (await end.ReadAsync(isHead: true)).Status);
    });

    [Fact]
    public void Options_lists_the_methods_and_allows_other_sites_nothing() => AdminWorld.Run(async world =>
    {
        foreach (var (target, allow) in ((string, string)[])
            [("*", "GET, HEAD, OPTIONS, POST"), ("/", "GET, HEAD"), ("/healthz", "GET, HEAD")])
        {
            var answer = await world.SendAsync(
                $"OPTIONS {target} HTTP/1.1\r\nHost: {AdminWorld.Host}\r\nOrigin: http://evil.example\r\n"
                + "Access-Control-Request-Method: POST\r\n\r\n");
            Assert.Equal((200, allow, "0"), (answer.Status, answer.Headers["allow"], answer.Headers["content-length"]));
            Assert.DoesNotContain(answer.Headers.Keys, name => name.StartsWith("access-control", StringComparison.Ordinal));
        }

        Assert.Equal(421, (await world.SendAsync("OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n\r\n")).Status);
    });

    [Theory]
    [InlineData($"GET http://{AdminWorld.Host}/healthz?x=1 HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200)]
    [InlineData($"GET /%68ealthz?x HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n", 200)]
    [InlineData($"GET http://evil.example/ HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n", 421)]
    [InlineData($"GET https://{AdminWorld.Host}/ HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n", 421)]
    public void Host_of_an_absolute_target_counts(string request, int status) =>
        AdminWorld.Run(async world => Assert.Equal(status, (await world.SendAsync(request)).Status));

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
            Assert.Equal(29, headers["date"].Length);
            Assert.EndsWith(" GMT", headers["date"], StringComparison.Ordinal);
            Assert.DoesNotContain(headers.Keys, name => name.StartsWith("access-control", StringComparison.Ordinal));
        }
    });
}
