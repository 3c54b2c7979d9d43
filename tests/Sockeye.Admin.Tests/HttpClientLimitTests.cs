using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests;

/// <summary>Clients that take permits without a request do not lock out others.</summary>
public sealed class HttpClientLimitTests
{
    private const string Get = $"GET /healthz HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n";

    /// <summary>Takes far more than a client's window, and its answers are not read.</summary>
    private static readonly string ManyRequests = string.Concat(Enumerable.Repeat(
        $"GET /page.js HTTP/1.1\r\nHost: {AdminWorld.Host}\r\n\r\n", 200));

    public static TheoryData<string> Attacks =>
    [
        "", "G", "\r\n", "GET /healthz HTTP/1.1\r\n", $"GET /healthz HTTP/1.1\r\nHost: {AdminWorld.Host}\r\nX: ",
        $"POST /api/close HTTP/1.1\r\nHost: {AdminWorld.Host}\r\nContent-Length: 100\r\n\r\n{{",
        Get, Get + Get[..30], ManyRequests,
    ];

    [Theory, MemberData(nameof(Attacks))]
    public void Probes_are_answered_throughout_an_attack(string request) => AdminWorld.Run(async world =>
    {
        await using var browser = await world.OpenAsync();
        List<HttpClientEnd> attackers = [];
        for (var i = 0; i < 600; i++)
        {
            var attacker = await world.OpenAsync();
            attackers.Add(attacker);
            await attacker.TryWriteAsync(request);
            if (i % 20 != 0)
                continue;
            Assert.Equal(200, (await world.GetAsync("/healthz")).Status);
            Assert.Equal(200, (await world.GetAsync("/")).Status);
            // One that asks now and then stays, whatever others do.
            await browser.WriteAsync(Get);
            Assert.Equal(200, (await browser.ReadAsync()).Status);
        }

        await world.PassAsync(2);
        Assert.Equal(200, (await world.GetAsync("/healthz")).Status);
        foreach (var attacker in attackers)
            await attacker.DisposeAsync();
    });

    [Fact]
    public void Client_that_has_gone_longest_without_an_answer_is_reset_for_the_sixty_fifth() => AdminWorld.Run(async world =>
    {
        List<HttpClientEnd> ends = [];
        for (var i = 0; i < HttpClientLimit.SoftLimit; i++)
            ends.Add(await world.OpenAsync());
        await world.PassAsync(2);
        await ends[0].WriteAsync(Get);
        Assert.Equal(200, (await ends[0].ReadAsync()).Status);

        ends.Add(await world.OpenAsync());
        await ends[^1].WriteAsync(Get);
        Assert.Equal(200, (await ends[^1].ReadAsync()).Status);
        await Assert.ThrowsAnyAsync<IOException>(ends[1].IsEndedAsync);
        foreach (var end in ends.Where((_, i) => i is 0 or > 1))
        {
            await end.WriteAsync(Get);
            Assert.Equal(200, (await end.ReadAsync()).Status);
        }

        var line = Assert.Single(world.Log.GetSnapshot(), line => line.Id.Id == 1805);
        Assert.Contains("more than 64 clients", line.Message, StringComparison.Ordinal);
        foreach (var end in ends)
            await end.DisposeAsync();
    });

    [Fact]
    public void Clients_that_have_gone_release_their_permits() => AdminWorld.Run(async world =>
    {
        for (var i = 0; i < 10 * HttpClientLimit.SoftLimit; i++)
            Assert.Equal(200, (await world.GetAsync("/livez")).Status);
        await world.PassAsync(5);
        for (var i = 0; i < HttpClientLimit.SoftLimit / 2; i++)
            Assert.Equal(200, (await world.GetAsync("/livez")).Status);
        Assert.DoesNotContain(world.Log.GetSnapshot(), line => line.Id.Id == 1805);
    });

    [Fact]
    public async Task Half_requests_over_real_sockets_shut_no_probe_out()
    {
        var cancelled = TestContext.Current.CancellationToken;
        await using var server = await SockeyeServer.StartAsync(
            options => options.ListenLocalhost(0).Run(_ => Task.CompletedTask), cancelled);
        await using var admin = await SockeyeAdmin.StartAsync(server, options => options.Port = 0, cancelled);
        List<Socket> attackers = [];
        try
        {
            for (var i = 0; i < 400; i++)
            {
                attackers.Add(await ConnectAsync(admin));
                await attackers[i].SendAsync("GET /healthz HTTP/1.1\r\nHost: loc"u8.ToArray(), cancelled);
                if (i % 20 == 0)
                    Assert.StartsWith("HTTP/1.1 200 OK\r\n", await ProbeAsync(admin), StringComparison.Ordinal);
            }
        }
        finally
        {
            attackers.ForEach(attacker => attacker.Dispose());
        }
    }

    private static async Task<Socket> ConnectAsync(SockeyeAdmin admin)
    {
        var endpoint = (IPEndPoint)admin.EndPoints[0];
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<string> ProbeAsync(SockeyeAdmin admin)
    {
        using var socket = await ConnectAsync(admin);
        await socket.SendAsync("GET /healthz HTTP/1.0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[4096];
        var read = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
