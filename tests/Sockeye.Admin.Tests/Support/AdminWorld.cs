using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Testing;
using Sockeye.Testing;

namespace Sockeye.Admin.Tests.Support;

/// <summary>A simulated network with a server, its admin page, and a host of clients.</summary>
internal sealed class AdminWorld
{
    public const string Token = "a-token-of-the-tests";
    public const string Host = "localhost:7001";

    private AdminWorld(SimulatedNetwork network, SimulatedHost host, SockeyeServer server, SockeyeAdmin admin)
    {
        (Network, ServerHost, Server, Admin) = (network, host, server, admin);
        Clients = network.AddHost("clients");
    }

    public SimulatedNetwork Network { get; }

    public SimulatedHost ServerHost { get; }

    public SimulatedHost Clients { get; }

    public SockeyeServer Server { get; }

    public SockeyeAdmin Admin { get; }

    public required FakeLogCollector Log { get; init; }

    public static void Run(
        Func<AdminWorld, Task> test, Action<SockeyeAdminOptions>? configure = null, Action<SockeyeServerOptions>? server = null,
        ConnectionDelegate? handler = null) => SimulatedNetwork.Run(1, async network =>
    {
        var host = network.AddHost("server");
        var log = new FakeLogCollector();
        await using var started = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = host;
            server?.Invoke(options);
            options.ListenAnyIP(7000).Run(handler ?? EchoAsync);
        }, CancellationToken.None);
        await using var admin = await SockeyeAdmin.StartAsync(started, options =>
        {
            options.Transport = host;
            options.Token = Token;
            options.LoggerFactory = new CollectingLog(log);
            configure?.Invoke(options);
        }, CancellationToken.None);
        await test(new(network, host, started, admin) { Log = log });
    });

    /// <summary>A client of the server.</summary>
    public ValueTask<ConnectionContext> ConnectAsync() => Clients.ConnectAsync(new IPEndPoint(ServerHost.Address, 7000));

    /// <summary>A client of the page, on the machine of the server or on another.</summary>
    public async Task<HttpClientEnd> OpenAsync(SimulatedHost? from = null) => new(from is null
        ? await ServerHost.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 7001))
        : await from.ConnectAsync(new IPEndPoint(ServerHost.Address, 7001)));

    /// <summary>Sends this on a new connection.</summary>
    public async Task<HttpAnswer> SendAsync(string request)
    {
        await using var end = await OpenAsync();
        await end.WriteAsync(request);
        return await end.ReadAsync();
    }

    public Task<HttpAnswer> GetAsync(string target, string headers = "") =>
        SendAsync($"GET {target} HTTP/1.1\r\nHost: {Host}\r\n{headers}\r\n");

    public async Task<JsonElement> GetJsonAsync(string target)
    {
        var answer = await GetAsync(target);
        Assert.True(answer.Status == 200, answer.Text);
        return JsonDocument.Parse(answer.Body).RootElement;
    }

    public Task<HttpAnswer> CloseAsync(string body, string? headers = null) => SendAsync(
        $"POST /api/close HTTP/1.1\r\nHost: {Host}\r\n"
        + (headers ?? $"Origin: http://{Host}\r\nAuthorization: Bearer {Token}\r\nContent-Type: application/json\r\n")
        + $"Content-Length: {body.Length}\r\n\r\n{body}");

    public Task PassAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Network.TimeProvider);

    private static async Task EchoAsync(ConnectionContext connection) =>
        await connection.Transport.Input.CopyToAsync(connection.Transport.Output);
}
