using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Page;

/// <summary><c>sockeye demo --page</c> as a process, and an HTTP client that presses its buttons.</summary>
internal sealed partial class PageTool : IAsyncDisposable
{
    private readonly HttpClient _http = new();

    private PageTool(ToolProcess process) => Process = process;

    public ToolProcess Process { get; }

    public Uri Url { get; private set; } = null!;

    /// <summary>The demo's server.</summary>
    public IPEndPoint Server { get; private set; } = null!;

    /// <summary>The lines that it prints at start.</summary>
    public string Start { get; private set; } = "";

    public string Token { get; private set; } = "";

    public static async Task<PageTool> StartAsync(ToolProcess? process = null)
    {
        var tool = new PageTool(process ?? ToolProcess.Start("demo", "--page"));
        var buffer = new byte[4096];
        while (!tool.Start.Contains("ends the demo.", StringComparison.Ordinal))
        {
            var count = await tool.Process.Output.ReadAsync(buffer).AsTask().WaitAsync(ToolProcess.DefaultTimeout);
            Assert.True(count > 0, $"The demo ended: {tool.Start}");
            tool.Start += Encoding.UTF8.GetString(buffer, 0, count);
        }

        tool.Url = new(Line().Match(tool.Start).Groups[1].Value);
        tool.Server = IPEndPoint.Parse(ServerLine().Match(tool.Start).Groups[1].Value);
        tool.Token = TokenTag().Match(await tool._http.GetStringAsync(tool.Url)).Groups[1].Value;
        return tool;
    }

    public async Task<JsonElement> GetStateAsync() =>
        await _http.GetFromJsonAsync<JsonElement>(new Uri(Url, "/api/state"));

    /// <summary>Asks until the state is as expected.</summary>
    public async Task<JsonElement> WaitAsync(Func<JsonElement, bool> isExpected, string expectation)
    {
        using var timeout = new CancellationTokenSource(ToolProcess.DefaultTimeout, TimeProvider.System);
        while (true)
        {
            var state = await GetStateAsync();
            if (isExpected(state))
                return state;
            Assert.False(timeout.IsCancellationRequested, $"{expectation}: {state}");
        }
    }

    /// <summary>Presses a button; returns the sentence about it.</summary>
    public async Task<string> PressAsync(string action, int? port = null, string? side = null)
    {
        using var response = await SendAsync(JsonSerializer.Serialize(new { action, port, side }));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString()!;
    }

    /// <summary>Sends a press, as the page does unless something is changed.</summary>
    public async Task<HttpResponseMessage> SendAsync(string body, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url, "/api/press"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Origin", Url.GetLeftPart(UriPartial.Authority));
        request.Headers.Authorization = new("Bearer", Token);
        change?.Invoke(request);
        return await _http.SendAsync(request);
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request);

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return Process.DisposeAsync();
    }

    [GeneratedRegex("page: (http://localhost:[0-9]+/)")]
    private static partial Regex Line();

    [GeneratedRegex("server: ([0-9.:]+)")]
    private static partial Regex ServerLine();

    [GeneratedRegex("name=\"token\" content=\"([^\"]+)\"")]
    private static partial Regex TokenTag();
}
