using System.Net;
using Sockeye.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>Clients that begin with a PROXY header.</summary>
public sealed class ProxyClientTests
{
    private const int Seed = 42;

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public void Client_sends_its_own_addresses(ProxyProtocolVersion version) => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        var client = world.NewClient(options => options.UseProxyProtocol(version));

        await using var connection = await client.ConnectAsync("server", 7000);

        Assert.Equal($"{connection.LocalEndPoint} -> {connection.RemoteEndPoint}", await connection.ReadLineAsync());
    });

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public void Address_of_the_client_passes_two_proxies(ProxyProtocolVersion version) => Simulated.Run(Seed, async world =>
    {
        ProxyHeader? seen = null;
        await using var last = await world.StartWith(listen => listen.UseProxyProtocol(ProxiedServer.Everybody).Run(connection =>
        {
            seen = connection.ProxyHeader;
            return ProxiedServer.ReportAddressesAsync(connection);
        }));
        var middle = world.Network.AddHost("middle");
        await using var relay = await StartRelayAsync(world, middle, version);
        var first = world.NewClient(options => options.UseProxyProtocol(_ => new()
        {
            Source = IPEndPoint.Parse("[2001:db8::7]:5000"),
            Destination = IPEndPoint.Parse("198.51.100.1:443"),
            Tlvs = [new(ProxyTlvType.Authority, "shop.example"u8.ToArray()), ProxyTlv.Checksum],
        }));

        await using var connection = await first.ConnectAsync("middle", 7000);

        // Both families in one header: IPv4 travels as IPv6, and arrives as what it was.
        Assert.Equal("[2001:db8::7]:5000 -> 198.51.100.1:443", await connection.ReadLineAsync());
        await connection.SendAsync("through");
        Assert.Equal("through", await connection.ReadAsync(7));
        Assert.Equal(version is ProxyProtocolVersion.V2 ? "shop.example" : null, seen!.Authority);
        Assert.Contains(((IPEndPoint)seen.ProxyEndPoint!).Address, (IPAddress[])[middle.Address, middle.AddressV6]);
    });

    [Fact]
    public void Server_that_answers_at_the_end_of_its_input_answers_through_proxies() => Simulated.Run(Seed, async world =>
    {
        await using var last = await world.StartWith(listen => listen.UseProxyProtocol(ProxiedServer.Everybody).Run(
            async connection => await connection.SendAsync($"{(await connection.ReadToEndAsync()).Length} bytes")));
        var middle = world.Network.AddHost("middle");
        await using var relay = await StartRelayAsync(world, middle, ProxyProtocolVersion.V2);
        await using var client = await world.NewClient(options => options.UseProxyProtocol(ProxyProtocolVersion.V2))
            .ConnectAsync("middle", 7000, CancellationToken.None);

        await client.SendAsync(new string('x', 300_000));
        await client.Transport.Output.CompleteAsync();

        Assert.Equal("300000 bytes", await client.ReadToEndAsync());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reset_of_either_end_is_passed_on_by_a_proxy(bool clientResets) => Simulated.Run(Seed, async world =>
    {
        var served = new TaskCompletionSource<Exception>();
        await using var last = await world.StartWith(listen => listen.UseProxyProtocol(ProxiedServer.Everybody).Run(
            async connection =>
            {
                await connection.SendAsync("half an ");
                if (clientResets)
                {
                    served.SetResult(await Assert.ThrowsAnyAsync<IOException>(() => connection.ReadToEndAsync()));
                    return;
                }

                await connection.ReadAsync(4);
                connection.Abort();
            }));
        var middle = world.Network.AddHost("middle");
        await using var relay = await StartRelayAsync(world, middle, ProxyProtocolVersion.V2);
        await using var client = await world.NewClient(options => options.UseProxyProtocol(ProxyProtocolVersion.V2))
            .ConnectAsync("middle", 7000, CancellationToken.None);

        Assert.Equal("half an ", await client.ReadAsync(8));
        if (clientResets)
        {
            client.Abort();
            await served.Task;
        }
        else
        {
            await client.SendAsync("more");
            await client.AssertResetAsync();
        }

        // A reset of a peer is not an error of the handler that relays.
        await world.Until(() => relay.ConnectionCount == 0, "the proxy's connection has ended");
        Assert.Empty(world.Log.WithId(1201));
    });

    [Fact]
    public void Header_that_cannot_be_written_is_an_error_of_the_connect() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        var client = world.NewClient(options => options.UseProxyProtocol(
            _ => new() { Version = ProxyProtocolVersion.V1, Tlvs = [ProxyTlv.Checksum] }));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.ConnectAsync("server", 7000, CancellationToken.None).AsTask());

        Assert.Equal("Version 1 of the PROXY protocol has no TLVs: use V2, or leave Tlvs empty.", error.Message);
        await world.Until(() => server.ConnectionCount == 0, "the connection was given up");
    });

    [Fact]
    public void Client_has_one_header_and_of_a_version_that_exists()
    {
        var options = new SockeyeClientOptions().UseProxyProtocol(ProxyProtocolVersion.V1);

        Assert.Equal(
            "The client has UseProxyProtocol already. Call it once.",
            Assert.Throws<InvalidOperationException>(() => options.UseProxyProtocol(ProxyProtocolVersion.V2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SockeyeClientOptions().UseProxyProtocol((ProxyProtocolVersion)3));
    }

    private static Task<SockeyeServer> StartRelayAsync(Simulated world, SimulatedHost host, ProxyProtocolVersion version) =>
        world.StartWith(
            listen => listen.UseProxyProtocol(ProxiedServer.Everybody).Run(async inbound =>
            {
                var client = world.NewClient(
                    options => options.UseProxyProtocol(_ => ProxyHeader.FromConnection(inbound, version)), host);
                await using var outbound = await client.ConnectAsync("server", 7000);
                await inbound.RelayAsync(outbound);
            }),
            options => options.Transport = host);
}
