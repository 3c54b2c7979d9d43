using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sockeye.Kestrel.Tests.Support;
using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests;

/// <summary>HTTP/2 with prior knowledge: many streams on one connection.</summary>
public sealed class Http2Tests
{
    [Theory, ClassData<EachTransport>]
    public async Task Streams_of_one_connection_carry_long_bodies_both_ways_at_once(LinuxEngine engine, bool inline)
    {
        const int Streams = 20;
        const long Length = 2_000_000;
        await using var host = await KestrelHost.StartAsync(
            engine,
            inline,
            app => app.MapPost("/", async (HttpContext context) =>
            {
                var length = await LongBody.CheckAsync(context.Request.Body);
                await LongBody.WriteAsync(context.Response.Body, length);
            }),
            listen => listen.Protocols = HttpProtocols.Http2);
        using var http = NewClient(host);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(async _ =>
        {
            using var request = NewRequest(HttpMethod.Post);
            request.Content = new LongBody(Length);
            using var answer = await http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            Assert.Equal(HttpVersion.Version20, answer.Version);
            await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.Equal(Length, await LongBody.CheckAsync(body));
        })).Within();
    }

    [Theory, ClassData<EachTransport>]
    public async Task A_cancelled_stream_aborts_its_request_and_no_other(LinuxEngine engine, bool inline)
    {
        TaskCompletionSource arrived = new(), aborted = new();
        await using var host = await KestrelHost.StartAsync(
            engine,
            inline,
            app =>
            {
                app.MapGet("/quick", () => "quick");
                app.MapGet("/", async (HttpContext context) =>
                {
                    context.RequestAborted.Register(aborted.SetResult);
                    arrived.SetResult();
                    await aborted.Task;
                });
            },
            listen => listen.Protocols = HttpProtocols.Http2);
        using var http = NewClient(host);
        using var cancelling = new CancellationTokenSource();
        var asking = http.SendAsync(NewRequest(HttpMethod.Get), cancelling.Token);
        await arrived.Task.Within();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await aborted.Task.Within();
        var answer = await http.SendAsync(NewRequest(HttpMethod.Get, "/quick"), TestContext.Current.CancellationToken).Within();
        Assert.Equal("quick", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static HttpClient NewClient(KestrelHost host) => new(new SocketsHttpHandler()) { BaseAddress = host.Address };

    private static HttpRequestMessage NewRequest(HttpMethod method, string path = "/") => new(method, path)
    {
        Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
