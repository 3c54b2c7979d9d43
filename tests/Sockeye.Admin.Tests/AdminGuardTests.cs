using System.Net;
using System.Net.Sockets;
using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests;

/// <summary>Who may see the page, and who may close connections.</summary>
public sealed class AdminGuardTests
{
    private const string Body = "{\"id\":\"none\",\"reason\":\"test\"}";
    private const string Own = $"Origin: http://{AdminWorld.Host}\r\n";
    private const string Json = "Content-Type: application/json\r\n";
    private const string Token = $"Authorization: Bearer {AdminWorld.Token}\r\n";

    [Theory]
    [InlineData("localhost:7001", 200)]
    [InlineData("LocalHost:7001", 200)]
    [InlineData("127.0.0.1:7001", 200)]
    [InlineData("[::1]:7001", 200)]
    [InlineData("named.example:7001", 200)]
    [InlineData("localhost:9000", 200)]
    [InlineData("LOCALHOST.:7001", 200)]
    [InlineData("named.example.:7001", 200)]
    [InlineData("[0:0:0:0:0:0:0:1]:7001", 200)]
    [InlineData("127.0.0.5:7001", 200)]
    [InlineData("127.0.0.1.evil.example:7001", 421)]
    [InlineData("xn--bcher-kva.example:7001", 200)]
    [InlineData("xn--kse-qla.example:7001", 421)]
    [InlineData("localhost..:7001", 421)]
    [InlineData("localhost", 421)]
    [InlineData("localhost:7002", 421)]
    [InlineData("evil.example:7001", 421)]
    [InlineData("evil.example", 421)]
    [InlineData("named.example:7002", 421)]
    [InlineData("localhost.evil.example:7001", 421)]
    [InlineData("10.0.0.1:7001", 421)]
    [InlineData("", 421)]
    public void Host_is_one_of_the_machine_or_one_that_the_options_allow(string host, int status) => AdminWorld.Run(async world =>
    {
        foreach (var target in (string[])["/", "/api/server", "/metrics", "/healthz", "/nowhere"])
        {
            var expected = status == 200 && target == "/nowhere" ? 404 : status;
            Assert.Equal(expected, (await world.SendAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status);
        }
    }, options =>
    {
        options.AllowedHosts.Add("Named.example");
        options.AllowedHosts.Add("localhost:9000");
        options.AllowedHosts.Add("Bücher.example");
    });

    [Theory]
    [InlineData(Own + Token + Json, 404)] // Past all checks: the connection is not there.
    [InlineData("Sec-Fetch-Site: same-origin\r\n" + Token + Json, 404)]
    [InlineData(Own + Token + "Content-Type: Application/JSON; charset=utf-8\r\n", 404)]
    [InlineData(Token + Json, 403)]
    [InlineData("Origin: http://evil.example\r\n" + Token + Json, 403)]
    [InlineData("Origin: null\r\n" + Token + Json, 403)]
    [InlineData("Origin: https://localhost:7001\r\n" + Token + Json, 403)]
    [InlineData("Origin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\n" + Token + Json, 403)]
    [InlineData("Sec-Fetch-Site: same-site\r\n" + Token + Json, 403)]
    [InlineData("Sec-Fetch-Site: cross-site\r\n" + Token + Json, 403)]
    [InlineData(Own + Json, 401)]
    [InlineData(Own + "Authorization: Bearer wrong\r\n" + Json, 401)]
    [InlineData(Own + "Authorization: Bearer \r\n" + Json, 401)]
    [InlineData(Own + $"Authorization: Basic {AdminWorld.Token}\r\n" + Json, 401)]
    [InlineData(Own + Token, 415)]
    [InlineData(Own + Token + "Content-Type: text/plain\r\n", 415)]
    public void Closing_needs_the_page_s_origin_its_token_and_json(string headers, int status) =>
        AdminWorld.Run(async world => Assert.Equal(status, (await world.CloseAsync(Body, headers)).Status));

    [Theory]
    [InlineData("DELETE", "/api/server", "GET, HEAD")]
    [InlineData("OPTIONS", "/api/close", "POST")]
    [InlineData("GET", "/api/close", "POST")]
    [InlineData("PUT", "/", "GET, HEAD")]
    public void Other_methods_are_refused_with_those_that_there_are(string method, string target, string allowed) =>
        AdminWorld.Run(async world =>
        {
            var answer = await world.SendAsync($"{method} {target} HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n");
            Assert.Equal((405, allowed), (answer.Status, answer.Headers["allow"]));
        });

    [Fact]
    public void Page_on_the_loopback_carries_the_token_and_is_not_reached_from_elsewhere() => AdminWorld.Run(async world =>
    {
        Assert.Contains($"content=\"{AdminWorld.Token}\"", (await world.GetAsync("/")).Text, StringComparison.Ordinal);
        Assert.Equal("http://localhost:7001/", world.Admin.Url.ToString());
        await Assert.ThrowsAsync<SocketException>(() => world.OpenAsync(world.Clients));
    });

    [Fact]
    public void Beyond_the_loopback_data_needs_the_token_and_the_page_does_not_carry_it() => AdminWorld.Run(async world =>
    {
        Assert.Equal($"http://10.0.0.1:7001/#token={AdminWorld.Token}", world.Admin.Url.ToString());
        foreach (var (target, headers, status) in ((string, string, int)[])
            [
                ("/", "", 200), ("/page.js", "", 200), ("/api/server", "", 401), ("/api/connections", "", 401),
                ("/metrics", "", 401), ("/healthz", "", 401), ("/api/server", Token, 200), ("/metrics", Token, 200),
                ("/metrics", "Authorization: Bearer wrong\r\n", 401),
            ])
        {
            await using var end = await world.OpenAsync(world.Clients);
            await end.WriteAsync($"GET {target} HTTP/1.1\r\nHost: 10.0.0.1:7001\r\n{headers}\r\n");
            var answer = await end.ReadAsync();
            Assert.Equal((target, status), (target, answer.Status));
            Assert.Equal(status == 401, answer.Headers.ContainsKey("www-authenticate"));
            Assert.DoesNotContain(AdminWorld.Token, answer.Text, StringComparison.Ordinal);
        }

        Assert.Contains(world.Log.GetSnapshot(), line => line.Id.Id == 1801);
    }, options => (options.Address, options.UnsafeListenBeyondLoopback) = (IPAddress.Parse("10.0.0.1"), true));

    [Fact]
    public void Refusals_are_logged_once_a_minute_with_their_number() => AdminWorld.Run(async world =>
    {
        for (var i = 0; i < 5; i++)
            await world.GetAsync("/nowhere");
        await world.PassAsync(61);
        await world.GetAsync("/nowhere");

        var lines = world.Log.GetSnapshot().Where(line => line.Id.Id == 1803).Select(line => line.Message).ToList();
        Assert.Equal(2, lines.Count);
        Assert.Contains("refused 5 requests", lines[1], StringComparison.Ordinal);
        Assert.Contains("404: there is no /nowhere here", lines[1], StringComparison.Ordinal);
    });
}
