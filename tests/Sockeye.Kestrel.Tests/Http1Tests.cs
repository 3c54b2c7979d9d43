using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Sockeye.Kestrel.Tests.Support;
using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests;

/// <summary>HTTP/1.1 by Kestrel on every engine, with the clients that people have.</summary>
public sealed class Http1Tests
{
    private const long Long = 100_000_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData<EachTransport>]
    public async Task Many_clients_at_once_get_their_own_answers_on_kept_connections(LinuxEngine engine, bool inline)
    {
        const int Clients = 32;
        const int Requests = 20;
        await using var host = await KestrelHost.StartAsync(engine, inline, app =>
            app.MapPost("/echo", async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body);
                return $"{request.HttpContext.Connection.Id} {await reader.ReadToEndAsync(Cancelled)}";
            }));
        async Task AskAsync(int number)
        {
            using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
            using var http = new HttpClient(handler) { BaseAddress = host.Address };
            HashSet<string> connections = [];
            for (var i = 0; i < Requests; i++)
            {
                var question = $"{number}/{i} {new string('x', i * 997)}";
                var answer = await http.PostAsync("/echo", new StringContent(question), Cancelled).Within();
                var text = (await answer.Content.ReadAsStringAsync(Cancelled)).Split(' ', 2);
                connections.Add(text[0]);
                Assert.Equal(question, text[1]);
            }

            Assert.Single(connections);
        }

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(AskAsync)).Within();
    }

    [Theory, ClassData<EachTransport>]
    public async Task Requests_in_one_go_are_answered_in_order(LinuxEngine engine, bool inline)
    {
        const int Count = 200;
        await using var host = await KestrelHost.StartAsync(
            engine, inline, app => app.MapGet("/{number}", (int number) => $"<{number}>"));
        using var client = await RawClient.ConnectAsync(host.EndPoint);
        await client.SendAsync(string.Concat(Enumerable.Range(0, Count).Select(i => $"GET /{i} HTTP/1.1\r\nHost: x\r\n\r\n")));
        var answers = await client.ReceiveAsync("HTTP/1.1 200", Count);
        answers = await client.ReceiveAsync($"<{Count - 1}>");
        var positions = Enumerable.Range(0, Count).Select(i => answers.IndexOf($"<{i}>", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(-1, positions);
        Assert.Equal(positions.Order(), positions);
    }

    [Theory, ClassData<EachTransport>]
    public async Task A_long_upload_to_a_slow_handler_arrives_whole(LinuxEngine engine, bool inline)
    {
        await using var host = await KestrelHost.StartAsync(engine, inline, app =>
            app.MapPost("/", async (HttpRequest request) =>
            {
                var blocks = 0;
                return await LongBody.CheckAsync(request.Body, async () =>
                {
                    if (++blocks % 100 == 0)
                        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
                });
            }));
        using var http = new HttpClient { BaseAddress = host.Address };
        var answer = await http.PostAsync("/", new LongBody(Long), Cancelled).Within();
        Assert.Equal($"{Long}", await answer.Content.ReadAsStringAsync(Cancelled));
    }

    [Theory, ClassData<EachTransport>]
    public async Task A_long_download_arrives_whole(LinuxEngine engine, bool inline)
    {
        await using var host = await KestrelHost.StartAsync(
            engine, inline, app => app.MapGet("/", (HttpResponse response) => LongBody.WriteAsync(response.Body, Long)));
        using var http = new HttpClient { BaseAddress = host.Address };
        await using var body = await http.GetStreamAsync("/", Cancelled).Within();
        Assert.Equal(Long, await LongBody.CheckAsync(body).Within());
    }

    [Theory, ClassData<EachTransport>]
    public async Task Curl_uploads_and_downloads(LinuxEngine engine, bool inline)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/curl"), "curl is not installed here.");
        await using var host = await KestrelHost.StartAsync(engine, inline, app =>
        {
            app.MapPost("/length", (HttpRequest request) => LongBody.CheckAsync(request.Body));
            app.MapGet("/body", (HttpResponse response) => LongBody.WriteAsync(response.Body, 3_000_000));
        });
        var path = Path.GetTempFileName();
        try
        {
            await CurlAsync("--output", path, new Uri(host.Address, "/body").ToString());
            Assert.Equal(3_000_000, new FileInfo(path).Length);
            Assert.Equal("3000000", await CurlAsync("--data-binary", $"@{path}", new Uri(host.Address, "/length").ToString()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory, ClassData<EachTransport>]
    public async Task A_client_that_leaves_in_the_middle_of_a_download_aborts_its_request(LinuxEngine engine, bool inline)
    {
        var aborted = new TaskCompletionSource();
        await using var host = await KestrelHost.StartAsync(engine, inline, app => app.MapGet("/", async (HttpContext context) =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            await LongBody.WriteAsync(context.Response.Body, long.MaxValue, context.RequestAborted);
        }));
        using (var client = await RawClient.ConnectAsync(host.EndPoint))
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            await client.ReceiveAsync("200 OK");
        }

        await aborted.Task.Within();
    }

    [Theory, ClassData<EachTransport>]
    public async Task Stop_lets_requests_under_way_end_and_closes_idle_connections(LinuxEngine engine, bool inline)
    {
        TaskCompletionSource arrived = new(), goOn = new();
        await using var host = await KestrelHost.StartAsync(engine, inline, app =>
        {
            app.MapGet("/quick", () => "quick");
            app.MapGet("/slow", async () =>
            {
                arrived.SetResult();
                await goOn.Task;
                return "slow but done";
            });
        });
        using var idle = await RawClient.ConnectAsync(host.EndPoint);
        await idle.SendAsync("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
        await idle.ReceiveAsync("quick");
        using var silent = await RawClient.ConnectAsync(host.EndPoint);
        using var busy = await RawClient.ConnectAsync(host.EndPoint);
        await busy.SendAsync("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
        await arrived.Task.Within();

        var stopping = host.StopAsync();
        await idle.ReceiveEndAsync();
        idle.SendFin();
        await silent.ReceiveEndAsync();
        silent.SendFin();
        Assert.False(stopping.IsCompleted);
        goOn.SetResult();
        await busy.ReceiveAsync("slow but done");
        await busy.ReceiveEndAsync();
        busy.SendFin();
        await stopping;
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => RawClient.ConnectAsync(host.EndPoint));
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        string[] always = ["--silent", "--show-error", "--fail", "--max-time", "30"];
        using var process = Process.Start(new ProcessStartInfo("curl", [.. always, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(Cancelled).Within();
        Assert.True(process.ExitCode == 0, await error);
        return await output;
    }
}
