using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;
using KestrelListen = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Sockeye.Kestrel.Tests.Support;

/// <summary>Kestrel by AddSockeyeTransport, on a free port of the loopback interface where the test says nothing else.</summary>
internal sealed class KestrelHost : IAsyncDisposable
{
    private readonly IConnectionListenerFactory? _transport;
    private readonly WebApplication _app;

    private KestrelHost(IConnectionListenerFactory? transport, WebApplication app) => (_transport, _app) = (transport, app);

    /// <summary>Of the first endpoint.</summary>
    public Uri Address => Addresses[0];

    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Address.Port);

    public IServiceProvider Services => _app.Services;

    public static Task<KestrelHost> StartAsync(
        LinuxEngine engine, bool inline, Action<WebApplication> configure, Action<KestrelListen>? listen = null) =>
        StartAsync(
            NewTransport(engine, inline),
            configure,
            (KestrelServerOptions kestrel) => kestrel.Listen(IPAddress.Loopback, 0, listening => listen?.Invoke(listening)));

    /// <summary>With the name of an engine, or "Kestrel's own": the transport that Kestrel comes with.</summary>
    public static Task<KestrelHost> StartAsync(
        string transport, Action<WebApplication> configure, Action<KestrelServerOptions> kestrel) =>
        StartAsync(
            Enum.TryParse<LinuxEngine>(transport, out var engine) ? NewTransport(engine) : null, configure, kestrel);

    public static LinuxTransport NewTransport(LinuxEngine engine, bool inline = false) => new(new()
    {
        Engine = engine, ThreadCount = 2, Sockets = new() { UnsafePreferInlineScheduling = inline },
    });

    /// <param name="transport">Ended with the host; null: the one that Kestrel comes with.</param>
    /// <param name="configure">What is served.</param>
    /// <param name="kestrel">Where.</param>
    public static async Task<KestrelHost> StartAsync(
        IConnectionListenerFactory? transport, Action<WebApplication> configure, Action<KestrelServerOptions> kestrel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddMetrics();
        if (transport is not null)
            builder.Services.AddSockeyeTransport(options => options.Transport = transport);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
            kestrel(options);
        });
        var app = builder.Build();
        configure(app);
        var host = new KestrelHost(transport, app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        host.Addresses = [.. addresses.Addresses.Select(address => new Uri(address))];
        return host;
    }

    /// <summary>Stops in order: requests under way may end.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken).Within();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().AsTask().Within();
        if (_transport is not LinuxTransport linux)
            return;
        await linux.DisposeAsync().AsTask().Within();
        Assert.Equal(0, linux.RentedBlockCount);
    }
}
