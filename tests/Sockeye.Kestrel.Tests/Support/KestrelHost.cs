using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests.Support;

/// <summary>Kestrel on the Linux transport, on a free port of the loopback interface.</summary>
internal sealed class KestrelHost : IAsyncDisposable
{
    private readonly LinuxTransport _transport;
    private readonly WebApplication _app;

    private KestrelHost(LinuxTransport transport, WebApplication app) => (_transport, _app) = (transport, app);

    public Uri Address { get; private set; } = null!;

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Address.Port);

    public static async Task<KestrelHost> StartAsync(
        LinuxEngine engine,
        bool inline,
        Action<WebApplication> configure,
        Action<Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions>? listen = null)
    {
        var transport = new LinuxTransport(new()
        {
            Engine = engine, ThreadCount = 2, Sockets = new() { UnsafePreferInlineScheduling = inline },
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(transport);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
            options.Listen(IPAddress.Loopback, 0, listening => listen?.Invoke(listening));
        });
        var app = builder.Build();
        configure(app);
        var host = new KestrelHost(transport, app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        host.Address = new(addresses.Addresses.Single());
        return host;
    }

    /// <summary>Stops in order: requests under way may end.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken).Within();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().AsTask().Within();
        await _transport.DisposeAsync().AsTask().Within();
        Assert.Equal(0, _transport.LentCount);
    }
}
