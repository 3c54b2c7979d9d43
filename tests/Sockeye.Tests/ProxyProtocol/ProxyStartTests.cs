using System.Net;
using System.Net.Sockets;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>What is wrong with an endpoint that wants PROXY headers, found before it listens.</summary>
public sealed class ProxyStartTests
{
    private static readonly IPNetwork Proxies = IPNetwork.Parse("10.0.0.0/24");

    [Fact]
    public async Task UseProxyProtocol_after_tls_is_an_error_at_start_that_says_why()
    {
        var error = await StartErrorAsync(options => options.Listen(IPEndPoint.Parse("0.0.0.0:7443"))
            .Use("UseTls()", (next, _) => next, MiddlewareStage.Tls)
            .UseProxyProtocol(Proxies)
            .Run(ConnectionText.Echo));

        Assert.Equal(
            "UseProxyProtocol must come before UseTls on 0.0.0.0:7443: the PROXY header is sent in clear text before the "
            + "handshake.", error.Message);
    }

    [Fact]
    public async Task UseProxyProtocol_after_a_rule_for_addresses_is_an_error_at_start()
    {
        var error = await StartErrorAsync(options => options.Listen(IPEndPoint.Parse("0.0.0.0:7443"))
            .Use("UseAddressRules()", (next, _) => next, MiddlewareStage.AddressLimit)
            .UseProxyProtocol(Proxies)
            .Run(ConnectionText.Echo));

        Assert.Equal(
            "UseProxyProtocol must come before UseAddressRules on 0.0.0.0:7443: until the PROXY header is read, every client has "
            + "the address of the proxy.", error.Message);
    }

    [Fact]
    public async Task UseProxyProtocol_twice_is_an_error_at_start() => Assert.Equal(
        "UseProxyProtocol is on localhost:0 twice: remove one of them.",
        (await StartErrorAsync(options => options.ListenLocalhost(0)
            .UseProxyProtocol(Proxies).UseProxyProtocol(Proxies).Run(ConnectionText.Echo))).Message);

    [Fact]
    public async Task Trusting_no_network_is_an_error_at_start()
    {
        var error = await StartErrorAsync(options =>
            options.Listen(IPEndPoint.Parse("0.0.0.0:7443")).UseProxyProtocol().Run(ConnectionText.Echo));

        Assert.StartsWith(
            "UseProxyProtocol on 0.0.0.0:7443 has no trusted proxies: name their networks",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_unix_socket_the_permissions_of_its_file_are_the_trust()
    {
        if (!Socket.OSSupportsUnixDomainSockets)
            Assert.Skip("There are no Unix sockets here.");
        var folder = Directory.CreateTempSubdirectory("sockeye-");
        try
        {
            var path = Path.Combine(folder.FullName, "s");
            await using var server = await SockeyeServer.StartAsync(
                options => options.ListenUnixSocket(path).UseProxyProtocol().Run(ProxiedServer.ReportAddressesAsync),
                TestContext.Current.CancellationToken);
            await using var proxy = await SocketTransport.Shared.ConnectAsync(
                new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken).Within();
            await proxy.SendAsync(ProxiedServer.Line);

            Assert.Equal("192.0.2.7:56324 -> 198.51.100.1:443", await proxy.ReadLineAsync().Within());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Ipv4_proxy_of_a_dual_stack_listener_is_met_by_an_ipv4_network()
    {
        await using var server = await SockeyeServer.StartAsync(
            options => options.ListenAnyIP(0)
                .UseProxyProtocol(IPNetwork.Parse("127.0.0.0/8")).Run(ProxiedServer.ReportAddressesAsync),
            TestContext.Current.CancellationToken);
        var port = ((IPEndPoint)server.EndPoints[0]).Port;
        await using var proxy = await SocketTransport.Shared.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken).Within();
        await proxy.SendAsync(ProxiedServer.Line);

        Assert.Equal("192.0.2.7:56324 -> 198.51.100.1:443", await proxy.ReadLineAsync().Within());
    }

    [Fact]
    public void Start_names_the_trusted_networks_in_its_log() => Simulated.Run(1, async world =>
    {
        await using var server = await ProxiedServer.Start(world);

        Assert.Contains("UseProxyProtocol(10.0.0.0/24, fd00::/64)", Assert.Single(world.Log.WithId(1000)).Message);
    });

    [Theory]
    [InlineData(0, 200)]
    [InlineData(-1, 200)]
    [InlineData(90_000, 200)]
    [InlineData(5, 106)]
    [InlineData(5, 65_552)]
    public void Options_out_of_range_are_refused_where_they_are_set(int seconds, int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SockeyeServerOptions().ListenLocalhost(0).UseProxyProtocol(options =>
        {
            options.TrustedProxies.Add(Proxies);
            (options.HeaderTimeout, options.MaxHeaderLength) = (TimeSpan.FromSeconds(seconds), length);
        }));

    [Fact]
    public void Change_of_the_options_after_they_were_taken_has_no_effect() => Simulated.Run(1, async world =>
    {
        var timeout = TimeSpan.FromSeconds(3);
        await using var server = await world.StartWith(listen =>
        {
            ProxyProtocolOptions? options = null;
            listen.UseProxyProtocol(each =>
            {
                options = each;
                each.TrustedProxies.Add(ProxiedServer.Everybody[0]);
                each.HeaderTimeout = timeout;
            });
            options!.HeaderTimeout = TimeSpan.FromSeconds(60);
            options.TrustedProxies.Clear();
            listen.Run(ConnectionText.Echo);
        });
        await using var client = await world.Connect();
        var began = world.Network.Elapsed;

        await client.SendAsync("PROXY ");
        await client.AssertResetAsync();

        Assert.InRange(world.Network.Elapsed - began, timeout, timeout + TimeSpan.FromSeconds(1));
    });

    private static Task<InvalidOperationException> StartErrorAsync(Action<SockeyeServerOptions> configure) =>
        Assert.ThrowsAsync<InvalidOperationException>(
            () => SockeyeServer.StartAsync(configure, TestContext.Current.CancellationToken));
}
