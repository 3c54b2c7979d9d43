using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

/// <summary>Limits on real sockets, where the system's accept queue and its buffers are the point.</summary>
public sealed class KernelLimitTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clients_without_a_permit_wait_in_the_queue_of_the_system(bool wholeServer)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Only Linux reports its accept queue.");
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            var listen = options.Listen(new IPEndPoint(IPAddress.Loopback, 0));
            if (wholeServer)
                (options.MaxConnections, options.AtMaxConnections) = (2, LimitAction.LeaveInBacklog);
            else
                listen.UseConnectionLimit(2, LimitAction.LeaveInBacklog);
            listen.Run(ConnectionText.Echo);
        }, Cancelled);
        var clients = new List<ConnectionContext>();
        for (var i = 0; i < 7; i++)
            clients.Add(await server.ConnectAsync());

        for (var i = 0; i < 7; i++)
        {
            await clients[i].SendAsync("x").Within();
            Assert.Equal("x", await clients[i].ReadAsync(1).Within());
            var waiting = Math.Max(0, 5 - i);
            await BoundedWait.Until(() => Depth(server) == waiting, $"{waiting} clients waited");
            Assert.InRange(server.ConnectionCount, 1, 2);
            await clients[i].DisposeAsync();
        }
    }

    [Fact]
    public async Task Clients_beyond_the_accept_rate_wait_in_the_queue_of_the_system()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Only Linux reports its accept queue.");
        await using var server = await SockeyeServer.StartAsync(options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
            .UseAcceptRateLimit(0.001, burst: 3).Run(ConnectionText.Echo), Cancelled);
        var clients = new List<ConnectionContext>();
        for (var i = 0; i < 10; i++)
            clients.Add(await server.ConnectAsync());

        await BoundedWait.Until(() => server.ConnectionCount == 3 && Depth(server) == 7, "the burst was taken");

        await server.StopAsync(Cancelled).Within();
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task Message_reaches_a_client_that_sends_without_reading_first()
    {
        await using var server = await SockeyeServer.StartAsync(options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
            .UseConnectionLimit(1, LimitAction.SendAndClose("421 too many connections\r\n")).Run(ConnectionText.Echo), Cancelled);
        await using var served = await server.ConnectAsync();
        await served.SendAsync("x");
        await served.ReadAsync(1).Within();
        for (var i = 0; i < 20; i++)
        {
            await using var client = await server.ConnectAsync();
            await client.SendAsync(new string('q', 5000));
            Assert.Equal("421 too many connections\r\n", await client.ReadToEndAsync().Within());
        }
    }

    [Fact]
    public async Task Bytes_under_a_shared_limit_arrive_whole_on_many_connections_at_once()
    {
        var limit = new BandwidthLimit(20_000_000);
        await using var server = await SockeyeServer.StartAsync(options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
            .UseBandwidthLimit(limit, limit).Run(ConnectionText.Echo), Cancelled);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            await using var client = await server.ConnectAsync();
            var text = string.Concat(Enumerable.Range(number, 40_000).Select(i => (char)('a' + (i % 26))));
            var echoed = client.ReadToEndAsync();
            for (var i = 0; i < text.Length; i += 4000)
                await client.SendAsync(text.Substring(i, 4000));
            await client.Transport.Output.CompleteAsync();
            Assert.Equal(text, await echoed.Within());
        }));

        await BoundedWait.Until(() => server.ConnectionCount == 0, "all were gone");
    }

    [Fact]
    public async Task Limits_let_a_flood_of_real_clients_leave_nothing_behind()
    {
        await using var server = await SockeyeServer.StartAsync(options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
            .UseConnectionLimit(3, LimitAction.LeaveInBacklog)
            .UseBandwidthLimit(1_000_000, 1_000_000)
            .Run(ConnectionText.Echo), Cancelled);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            await using var client = await server.ConnectAsync();
            if (i % 3 == 0)
                client.Abort();
        }));

        await BoundedWait.Until(() => server.ConnectionCount == 0, "all were gone");
        await using var last = await server.ConnectAsync();
        await last.SendAsync("x");
        Assert.Equal("x", await last.ReadAsync(1).Within());
    }

    private static int? Depth(SockeyeServer server) => server.GetListeners()[0].AcceptQueueDepth;
}
