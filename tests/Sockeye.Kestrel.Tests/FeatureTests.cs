using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Sockeye.Kestrel.Tests.Support;

namespace Sockeye.Kestrel.Tests;

/// <summary>What Kestrel offers above a transport is there above Sockeye's.</summary>
public sealed class FeatureTests
{
    public static TheoryData<string> Transports => [.. EachEngine.All.Select(engine => engine.ToString())];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Transports))]
    public async Task Request_reaches_its_socket(string transport)
    {
        await using var host = await KestrelHost.StartAsync(
            transport,
            app => app.MapGet("/", (HttpContext context) =>
            {
                var socket = context.Features.Get<IConnectionSocketFeature>()!.Socket;
                return $"{((IPEndPoint)socket.RemoteEndPoint!).Port == context.Connection.RemotePort} {socket.ProtocolType}";
            }),
            kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        using var http = new HttpClient { BaseAddress = host.Address };
        Assert.Equal("True Tcp", await http.GetStringAsync("/", Cancelled).Within());
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Connections_beyond_the_maximum_are_closed_without_an_answer(string transport)
    {
        await using var host = await KestrelHost.StartAsync(transport, app => app.MapGet("/", () => "served"), kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = 1;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        using var first = await RawClient.ConnectAsync(host.EndPoint);
        await first.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await first.ReceiveAsync("served");
        using var second = await RawClient.ConnectAsync(host.EndPoint);
        await second.ReceiveEndOrResetAsync();
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Metrics_of_kestrel_count_the_connection_and_name_its_endpoint(string transport)
    {
        await using var host = await KestrelHost.StartAsync(
            transport, app => app.MapGet("/", () => "counted"), kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        using var active = new MetricCollector<long>(
            host.Services.GetRequiredService<IMeterFactory>(),
            "Microsoft.AspNetCore.Server.Kestrel", "kestrel.active_connections");
        using (var client = await RawClient.ConnectAsync(host.EndPoint))
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            await client.ReceiveAsync("counted");
        }

        await active.WaitForMeasurementsAsync(2, Cancelled).Within();
        var measured = active.GetMeasurementSnapshot();
        Assert.Equal([1, -1], measured.Select(m => m.Value));
        Assert.Equal("tcp", measured[0].Tags["network.transport"]);
        Assert.Equal(host.Address.Port, measured[0].Tags["server.port"]);
    }
}
