using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>The admin page of a server that the host runs.</summary>
public sealed class AdminTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_shows_the_hosts_server_whatever_was_registered_first_and_follows_its_reloads()
    {
        await using var host = await StartAsync(TestHost.OneEndPoint("echo"));
        using var page = PageOf(host);
        Assert.Equal(Listening(host), await ListenersAsync(page));

        await host.ChangeAsync("""
            { "Sockeye": { "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "echo" },
                "b": { "Listen": "[::1]:0", "Handler": "hello" } } } }
            """);

        Assert.Equal(2, host.Server.EndPoints.Count);
        Assert.Equal(Listening(host), await ListenersAsync(page));
    }

    [Fact]
    public async Task Page_is_there_while_the_server_drains_and_ends_with_the_host()
    {
        var handling = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var host = await StartAsync(TestHost.OneEndPoint("slow"), server => server
            .AddHandler("slow", listen => listen.Run(async connection =>
            {
                handling.SetResult();
                await finish.Task;
            })));
        using var page = PageOf(host);
        await using var client = await host.ConnectAsync();
        await handling.Task.Within();

        var stopping = host.StopInOrderAsync();
        await BoundedWait.Until(() => !host.Hosted.IsRunning, "the stop has begun");
        var connections = await page.GetStringAsync("/api/connections", Cancellation).Within();
        Assert.Contains("\"total\":1", connections, StringComparison.Ordinal);
        finish.SetResult();
        await stopping;

        await Assert.ThrowsAsync<HttpRequestException>(() => page.GetStringAsync("/api/server", Cancellation).Within());
    }

    [Fact]
    public async Task Page_of_a_server_that_is_not_there_fails_the_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync(
            TestHost.OneEndPoint("echo"), services: services => services.AddSockeyeAdmin(section: "Orders")));
        Assert.Contains("no server of the section \"Orders\"", error.Message, StringComparison.Ordinal);
    }

    private static Task<TestHost> StartAsync(string json, Action<SockeyeServerBuilder>? configure = null) =>
        TestHost.StartAsync(json, configure, services => services.AddSockeyeAdmin(options => options.Port = 0));

    private static HttpClient PageOf(TestHost host)
    {
        var line = Assert.Single(host.Log.WithId(1800)).Message;
        return new() { BaseAddress = new(line[line.IndexOf("http", StringComparison.Ordinal)..].TrimEnd('.')) };
    }

    private static IEnumerable<string> Listening(TestHost host) => host.Server.EndPoints.Select(one => $"{one}");

    private static async Task<IEnumerable<string>> ListenersAsync(HttpClient page)
    {
        using var view = JsonDocument.Parse(await page.GetStringAsync("/api/server", Cancellation).Within());
        var listeners = view.RootElement.GetProperty("listeners").EnumerateArray();
        return [.. listeners.Select(one => one.GetProperty("endPoint").GetString()!)];
    }
}
