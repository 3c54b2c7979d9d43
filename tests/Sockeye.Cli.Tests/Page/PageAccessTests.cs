using System.Net;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Page;

/// <summary>The page is for the browser of this machine, and only the page presses its buttons.</summary>
public sealed class PageAccessTests
{
    private const string Connect = "{\"action\":\"connect\"}";

    [Fact]
    public async Task Page_loads_nothing_from_elsewhere_and_may_not_be_framed()
    {
        await using var tool = await PageTool.StartAsync();
        foreach (var path in (string[])["/", "/page.css", "/page.js", "/connections.js", "/diagram.js", "/guide.js", "/ladder.js",
            "/text.js", "/icon.svg"])
        {
            using var response = await tool.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(tool.Url, path)));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
            // The namespace of SVG is a name, not an address that is requested.
            var addresses = text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
            Assert.DoesNotContain("://", addresses, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost")]
    [InlineData("localhost:1")]
    [InlineData("127.0.0.1.evil.example:PORT")]
    public async Task Other_host_names_are_refused(string host)
    {
        await using var tool = await PageTool.StartAsync();
        foreach (var path in (string[])["/", "/api/state"])
        {
            var request = new HttpRequestMessage(HttpMethod.Get, new Uri(tool.Url, path));
            request.Headers.Host = host.Replace("PORT", $"{tool.Url.Port}", StringComparison.Ordinal);
            using var response = await tool.SendAsync(request);
            Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
        }
    }

    [Fact]
    public async Task Press_that_is_not_from_the_page_does_nothing()
    {
        await using var tool = await PageTool.StartAsync();
        (HttpStatusCode Status, Action<HttpRequestMessage> Change)[] refused =
        [
            (HttpStatusCode.Forbidden, request => Replace(request, "http://evil.example")),
            (HttpStatusCode.Forbidden, request => request.Headers.Remove("Origin")),
            (HttpStatusCode.Unauthorized, request => request.Headers.Authorization = null),
            (HttpStatusCode.Unauthorized, request => request.Headers.Authorization = new("Bearer", "guessed")),
            (HttpStatusCode.UnsupportedMediaType, request => request.Content!.Headers.ContentType = new("text/plain")),
            (HttpStatusCode.MethodNotAllowed, request => (request.Method, request.Content) = (HttpMethod.Get, null)),
            (HttpStatusCode.MethodNotAllowed, request => (request.Method, request.Content) = (HttpMethod.Delete, null)),
        ];
        foreach (var (status, change) in refused)
        {
            using var response = await tool.SendAsync(Connect, change);
            Assert.Equal(status, response.StatusCode);
        }

        foreach (var body in (string[])["", "{", "[]", "{\"action\":\"launch\"}", "{\"action\":\"send\"}", "null",
            "{\"action\":\"send\",\"port\":1,\"side\":\"middle\"}",
            "{\"action\":\"send\",\"port\":99999999999,\"side\":\"client\"}"])
        {
            using var response = await tool.SendAsync(body);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }

        Assert.Equal(0, (await tool.GetStateAsync()).GetProperty("pairs").GetArrayLength());

        static void Replace(HttpRequestMessage request, string origin)
        {
            request.Headers.Remove("Origin");
            request.Headers.Add("Origin", origin);
        }
    }

    [Theory]
    [InlineData("/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/state?segment=-1", HttpStatusCode.BadRequest)]
    [InlineData("/api/state?call=x", HttpStatusCode.BadRequest)]
    [InlineData("/api/state?segment=9999999999", HttpStatusCode.OK)]
    public async Task Wrong_requests_get_an_answer(string path, HttpStatusCode status)
    {
        await using var tool = await PageTool.StartAsync();
        using var response = await tool.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(tool.Url, path)));
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Port_in_use_is_reported_and_a_signal_ends_the_page()
    {
        await using var tool = await PageTool.StartAsync();
        var second = await ToolProcess.RunAsync(["demo", "--page", "--port", $"{tool.Url.Port}"]);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains($":{tool.Url.Port}", Assert.Single(second.Errors), StringComparison.Ordinal);
        Assert.Empty(second.Output);

        await tool.PressAsync("connect");
        await tool.Process.SignalAsync("INT");
        Assert.Equal(0, await tool.Process.ExitAsync());
        Assert.Empty(tool.Process.SeenErrors);
    }

    [Theory]
    [InlineData("demo --page --json", "--page has buttons instead of --json")]
    [InlineData("demo --page --step", "--page has buttons instead of --step")]
    [InlineData("demo --page --clients 3", "--page has buttons instead of --clients")]
    [InlineData("demo --port 7002", "--port is the port of the page: add --page.")]
    [InlineData("demo --page --port 70000", "--port: \"70000\" is not a whole number from 1 to 65535.")]
    public async Task Options_that_have_no_meaning_together_are_wrong_use(string arguments, string sentence)
    {
        var result = await ToolProcess.RunAsync(arguments.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(sentence, StringComparison.Ordinal));
    }
}
