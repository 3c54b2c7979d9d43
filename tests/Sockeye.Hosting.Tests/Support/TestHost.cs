using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests.Support;

/// <summary>A host with one server, whose configuration is JSON text.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly JsonText _json;
    private readonly IHost _host;

    public TestHost(
        string json, Action<SockeyeServerBuilder>? configure = null, Action<IServiceCollection>? services = null,
        string? contentRoot = null)
    {
        _json = new(json);
        var builder = Host.CreateEmptyApplicationBuilder(new() { ContentRootPath = contentRoot });
        ((IConfigurationBuilder)builder.Configuration).Add(_json);
        services?.Invoke(builder.Services);
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        builder.Services.AddSockeyeServer(configure ?? (server => server
            .AddHandler("echo", listen => listen.Run(ConnectionText.Echo))
            .AddHandler("hello", listen => listen.Run(connection => connection.SendAsync("hello")))));
        builder.Services.AddHealthChecks().AddSockeyeServer();
        _host = builder.Build();
    }

    public TestLog Log { get; } = new();

    public IServiceProvider Services => _host.Services;

    public HostedServer Hosted => Services.GetRequiredService<HostedServer>();

    public SockeyeServer Server => Hosted.Server;

    public static async Task<TestHost> StartAsync(
        string json, Action<SockeyeServerBuilder>? configure = null, Action<IServiceCollection>? services = null,
        string? contentRoot = null)
    {
        var host = new TestHost(json, configure, services, contentRoot);
        await host.StartAsync();
        return host;
    }

    /// <summary>The section "Sockeye" with one endpoint, "a", on a free port.</summary>
    public static string OneEndPoint(string handler, string more = "") =>
        $$$"""{ "Sockeye": { "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "{{{handler}}}" {{{more}}} } } } }""";

    public Task StartAsync() => _host.StartAsync(TestContext.Current.CancellationToken).Within();

    /// <summary>Stops it in order.</summary>
    public Task StopInOrderAsync() => StopAsync(CancellationToken.None);

    public Task StopAsync(CancellationToken cancellationToken) => _host.StopAsync(cancellationToken).Within();

    /// <summary>Changes the configuration, and waits until it is the server's.</summary>
    public async Task ChangeAsync(string json)
    {
        var reloads = Log.WithId(1711).Count();
        _json.Change(json);
        await BoundedWait.Until(() => Log.WithId(1711).Count() > reloads, "the server was reloaded");
    }

    /// <summary>Changes the configuration, and waits until the server has refused it.</summary>
    /// <returns>The line in the log.</returns>
    public async Task<string> ChangeAndExpectRefusalAsync(string json)
    {
        var refused = Log.WithId(1710).Count();
        _json.Change(json);
        await BoundedWait.Until(() => Log.WithId(1710).Count() > refused, "the configuration was refused");
        return Assert.Single(Log.WithId(1710).Skip(refused)).Message;
    }

    /// <summary>Changes a setting that no server uses: the reload is over when this returns.</summary>
    public void ChangeNothing(string json) => _json.Change(json);

    public Task<ConnectionContext> ConnectAsync(int listener = 0) => SocketTransport.Shared.ConnectAsync(
        (IPEndPoint)Server.EndPoints[listener], TestContext.Current.CancellationToken).Within();

    public async Task<string> ReadAllAsync(int listener = 0)
    {
        await using var connection = await ConnectAsync(listener);
        return await connection.ReadToEndAsync().Within();
    }

    public async Task AssertEchoesAsync(int listener = 0)
    {
        await using var connection = await ConnectAsync(listener);
        await connection.SendAsync("x");
        Assert.Equal("x", await connection.ReadAsync(1).Within());
    }

    /// <summary>One more client is reset; it notices while it connects, or when it reads.</summary>
    public async Task AssertResetsAsync()
    {
        var error = await Record.ExceptionAsync(async () =>
        {
            await using var connection = await ConnectAsync();
            await connection.Transport.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask().Within();
        });
        Assert.True(
            error is ConnectionResetException or SocketException { SocketErrorCode: SocketError.ConnectionReset }, $"{error}");
    }

    /// <summary>As happens to a host whose start has failed.</summary>
    public async Task DisposeWithoutStopAsync(bool asynchronously)
    {
        if (asynchronously)
            await ((IAsyncDisposable)_host).DisposeAsync().AsTask().Within();
        else
            _host.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None).Within();
        _host.Dispose();
    }
}
