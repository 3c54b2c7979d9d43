using System.Net;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>What hangs on how a transport wakes a reader: on real sockets.</summary>
public sealed class ProxyLoopbackTests
{
    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 192.0.2.7")]
    public async Task Client_without_a_whole_header_is_reset_on_every_transport(string sent)
    {
        using var log = new TestLog();
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.LoggerFactory = log;
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).UseProxyProtocol(proxy =>
            {
                proxy.TrustedProxies.Add(IPNetwork.Parse("127.0.0.1/32"));
                proxy.HeaderTimeout = TimeSpan.FromMilliseconds(50);
            }).Run(ProxiedServer.ReportAddressesAsync);
        }, TestContext.Current.CancellationToken);
        await using var client = await server.ConnectAsync();
        if (sent.Length > 0)
            await client.SendAsync(sent);

        await client.AssertResetAsync().Within();
        await BoundedWait.Until(() => log.WithId(1204).Any(), "its end was logged");
        Assert.Contains("was refused: Timeout", Assert.Single(log.WithId(1204)).Message);
    }

    [Fact]
    public async Task Stop_ends_waits_for_a_header_on_every_transport()
    {
        await using var server = await SockeyeServer.StartAsync(
            options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).UseProxyProtocol(proxy =>
            {
                proxy.TrustedProxies.Add(IPNetwork.Parse("127.0.0.1/32"));
                proxy.HeaderTimeout = TimeSpan.FromHours(1);
            }).Run(ProxiedServer.ReportAddressesAsync), TestContext.Current.CancellationToken);
        await using var client = await server.ConnectAsync();
        await BoundedWait.Until(() => server.ConnectionCount == 1, "it was accepted");

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await client.ReadToEndAsync().Within());
        await client.DisposeAsync();

        var stopped = await stopping.Within();
        Assert.Equal((1, 0), (stopped.Drained, stopped.Aborted));
    }
}
