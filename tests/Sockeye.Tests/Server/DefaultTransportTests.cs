using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>A server that names no transport gets the best that the program has. Sockeye.Simulation.Tests has the other
/// half.</summary>
public sealed class DefaultTransportTests
{
    [Fact]
    public void Server_is_served_by_the_linux_transport_on_linux_where_it_is_there()
    {
        IConnectionListenerFactory expected = OperatingSystem.IsLinux() ? LinuxTransport.Shared : SocketTransport.Shared;

        Assert.Same(expected, new SockeyeServerOptions().Transport);
        Assert.Same(ClientTransport.Shared, new SockeyeClientOptions().Transport);
    }

    [Fact]
    public async Task Start_logs_the_engine_and_why_before_the_endpoints()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only the Linux transport has engines.");
        using var log = new TestLog();
        await using var server = await LoopbackServer.StartAsync(ConnectionText.Echo, options => options.LoggerFactory = log);

        var line = log.Lines.GetSnapshot()[0];

        Assert.Equal((4000, LogLevel.Information), (line.Id.Id, line.Level));
        Assert.Contains($": {LinuxTransport.Shared.EngineReason}. Engine threads: ", line.Message);
        Assert.NotEmpty(log.WithId(1000));
    }

    [Fact]
    public void What_keeps_a_transport_from_being_made_comes_as_it_is()
    {
        var error = Assert.Throws<InvalidOperationException>(() => DefaultTransport.GetShared(typeof(BrokenTransport)));

        Assert.Equal("The reason.", error.Message);
    }

    [Fact]
    public void Transport_is_never_null() =>
        Assert.Throws<ArgumentNullException>(() => new SockeyeServerOptions { Transport = null! });

    private sealed class BrokenTransport : IConnectionListenerFactory
    {
        public static BrokenTransport Shared => throw new InvalidOperationException("The reason.");

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
