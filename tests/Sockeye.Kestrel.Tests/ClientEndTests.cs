using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Sockeye.Kestrel.Tests.Support;
using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests;

/// <summary>What a client's FIN or RST in the middle of a request does. Kestrel's own transport says what it should.</summary>
public sealed class ClientEndTests
{
    public static TheoryData<string> Transports => [.. EachEngine.All.Select(engine => engine.ToString()), "Kestrel's own"];

    [Theory, MemberData(nameof(Transports))]
    public async Task Fin_in_the_middle_of_a_request_aborts_it(string transport)
    {
        TaskCompletionSource arrived = new(), aborted = new();
        await using var host = await StartAsync(transport, NewWaiter(arrived, aborted));
        using var client = await RawClient.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await arrived.Task.Within();

        client.SendFin();

        await aborted.Task.Within();
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Rst_in_the_middle_of_a_request_aborts_it(string transport)
    {
        TaskCompletionSource arrived = new(), aborted = new();
        await using var host = await StartAsync(transport, NewWaiter(arrived, aborted));
        using var client = await RawClient.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await arrived.Task.Within();

        client.Reset();

        await aborted.Task.Within();
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Fin_in_the_middle_of_a_body_ends_the_reading_of_it(string transport)
    {
        var ended = new TaskCompletionSource<Exception?>();
        var arrived = new TaskCompletionSource();
        await using var host = await StartAsync(transport, app => app.MapPost("/", async (HttpContext context) =>
        {
            arrived.SetResult();
            ended.SetResult(await Record.ExceptionAsync(async () => await LongBody.CheckAsync(context.Request.Body)));
        }));
        using var client = await RawClient.ConnectAsync(host.EndPoint);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
        await arrived.Task.Within();

        client.SendFin();

        Assert.IsType<BadHttpRequestException>(await ended.Task.Within(), exactMatch: false);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Fin_between_requests_ends_the_connection_in_order(string transport)
    {
        await using var host = await StartAsync(transport, app => app.MapGet("/", () => "quick"));
        using var client = await RawClient.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReceiveAsync("quick");

        client.SendFin();

        await client.ReceiveEndAsync();
    }

    [Theory, ClassData(typeof(EachEngine))]
    public async Task Connection_of_the_transport_itself_stays_open_for_sending_after_a_fin(LinuxEngine engine)
    {
        await using var transport = KestrelHost.NewTransport(engine);
        await using var listener = await transport.BindAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        using var client = await RawClient.ConnectAsync((IPEndPoint)listener.EndPoint);
        await using var connection = (await listener.AcceptAsync(TestContext.Current.CancellationToken))!;
        client.SendFin();
        Assert.True((await connection.Transport.Input.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);

        Assert.False(connection.ConnectionClosed.IsCancellationRequested);
        await connection.Transport.Output.WriteAsync("late but whole"u8.ToArray(), TestContext.Current.CancellationToken);
        await client.ReceiveAsync("late but whole");
    }

    private static Action<WebApplication> NewWaiter(TaskCompletionSource arrived, TaskCompletionSource aborted) =>
        app => app.MapGet("/", async (HttpContext context) =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            arrived.SetResult();
            await aborted.Task;
        });

    private static Task<KestrelHost> StartAsync(string transport, Action<WebApplication> configure) =>
        KestrelHost.StartAsync(transport, configure, kestrel => kestrel.Listen(IPAddress.Loopback, 0));
}
