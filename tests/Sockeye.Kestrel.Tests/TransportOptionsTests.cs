using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Sockeye.Kestrel.Tests.Support;

namespace Sockeye.Kestrel.Tests;

/// <summary>Which transport AddSockeyeTransport registers, and who ends it.</summary>
public sealed class TransportOptionsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Default_is_the_best_transport_of_the_program_and_the_log_names_it()
    {
        await using var services = NewServices();
        await using var listener = await BindAsync(services);

        var log = services.GetRequiredService<FakeLogCollector>().GetSnapshot();
        var name = OperatingSystem.IsLinux() ? "LinuxTransport" : "SocketTransport";
        Assert.Equal($"Kestrel listens on {listener.EndPoint} through {name}.", log.Single(line => line.Id.Id == 1700).Message);
        Assert.Equal(OperatingSystem.IsLinux() ? 1 : 0, log.Count(line => line.Id.Id == 4000));
    }

    [Fact]
    public async Task Default_transport_with_separate_options_ends_with_the_services()
    {
        var services = NewServices(options => options.Sockets.MaxReadBufferSize = 8192);
        var listener = await BindAsync(services);
        using var client = await RawClient.ConnectAsync((IPEndPoint)listener.EndPoint);

        await services.DisposeAsync();

        if (OperatingSystem.IsLinux())
        {
            Assert.Null(await listener.AcceptAsync(Cancelled).AsTask().Within());
            return;
        }

        // The portable transport has nothing to end: its listener belongs to the one who has bound it.
        await using (listener)
        await using (await listener.AcceptAsync(Cancelled).AsTask().Within())
            await client.SendAsync("x");
    }

    [Fact]
    public async Task Named_transport_stays_its_owners()
    {
        await using var transport = KestrelHost.NewTransport(EachEngine.All[0]);
        var services = NewServices(options => options.Transport = transport);
        await services.DisposeAsync();

        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
    }

    [Fact]
    public async Task Calls_add_up_and_services_without_a_loop_can_be_disposed_of_synchronously()
    {
        var services = new ServiceCollection()
            .AddLogging(log => log.AddFakeLogging())
            .AddSockeyeTransport(options => options.Transport = SocketTransport.Shared)
            .AddSockeyeTransport(options => options.Sockets.NoDelay = false)
            .BuildServiceProvider();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => BindAsync(services));
        Assert.Contains("but Transport is set", error.Message, StringComparison.Ordinal);
        services.Dispose();
    }

    [Fact]
    public async Task Accept_that_is_cancelled_says_so_and_the_listener_goes_on()
    {
        await using var services = NewServices(options => options.Transport = SocketTransport.Shared);
        await using var listener = await BindAsync(services);
        using var cancelling = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(cancelling.Token).AsTask();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.Within());

        using var client = await RawClient.ConnectAsync((IPEndPoint)listener.EndPoint);
        await using var connection = await listener.AcceptAsync(Cancelled).AsTask().Within();
        Assert.NotNull(connection);
    }

    [Fact]
    public async Task Change_of_the_options_after_the_start_has_no_effect()
    {
        var services = NewServices();
        await using var listener = await BindAsync(services);

        services.GetRequiredService<IOptions<SockeyeTransportOptions>>().Value.Sockets.NoDelay = false;
        await services.DisposeAsync();

        // The transport that all servers of the process share is not disposed with the services.
        await using var other = await DefaultTransport.Shared.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
        using var client = await RawClient.ConnectAsync((IPEndPoint)other.EndPoint);
        await using var connection = await other.AcceptAsync(Cancelled).AsTask().Within();
        Assert.NotNull(connection);
    }

    private static ServiceProvider NewServices(Action<SockeyeTransportOptions>? configure = null) => new ServiceCollection()
        .AddLogging(log => log.SetMinimumLevel(LogLevel.Debug).AddFakeLogging())
        .AddSockeyeTransport(configure)
        .BuildServiceProvider();

    private static Task<IConnectionListener> BindAsync(ServiceProvider services) =>
        services.GetRequiredService<IConnectionListenerFactory>()
            .BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled).AsTask().Within();
}
