using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>What connections behind a proxy look like to their handler.</summary>
public sealed class ProxyConnectionTests
{
    private const int Seed = 40;

    private static readonly ProxyHeader Header = new()
    {
        Source = IPEndPoint.Parse("192.0.2.7:56324"),
        Destination = IPEndPoint.Parse("198.51.100.1:443"),
        Tlvs = [new(ProxyTlvType.UniqueId, "id"u8.ToArray()), ProxyTlv.Checksum],
    };

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public void Connection_has_the_clients_addresses_and_keeps_the_proxys(ProxyProtocolVersion version) =>
        Simulated.Run(Seed, async world =>
        {
            var accepted = new TaskCompletionSource<ConnectionContext>();
            await using var server = await world.StartWith(listen =>
                listen.UseProxyProtocol(ProxiedServer.Everybody).Run(connection =>
                {
                    accepted.SetResult(connection);
                    return ConnectionText.Echo(connection);
                }));
            await using var proxy = await world.Connect();
            await proxy.SendAsync(Sent(version).ToBytes());

            var connection = await accepted.Task;
            Assert.Equal((Header.Source, Header.Destination), (connection.RemoteEndPoint, connection.LocalEndPoint));
            var feature = connection.Features.Get<IConnectionEndPointFeature>()!;
            Assert.Equal((Header.Source, Header.Destination), (feature.RemoteEndPoint, feature.LocalEndPoint));
            var header = connection.ProxyHeader!;
            Assert.Equal((version, false), (header.Version, header.IsLocal));
            Assert.Equal((proxy.LocalEndPoint, proxy.RemoteEndPoint), (header.ProxyEndPoint, header.AcceptedEndPoint));
            Assert.Equal(version is ProxyProtocolVersion.V1 ? "" : "6964", Convert.ToHexString(header.UniqueId.Span));

            await proxy.DisposeAsync();
            Assert.Contains(
                $" 192.0.2.7:56324 -> 198.51.100.1:443 via {proxy.LocalEndPoint} ended after ",
                (await world.ConnectionEnded()).Message);
        });

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public void Header_in_pieces_of_one_byte_loses_nothing_of_what_follows(ProxyProtocolVersion version) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await ProxiedServer.Start(world);
            await using var proxy = await world.Connect();
            foreach (var one in Sent(version).ToBytes().Concat("hello"u8.ToArray()))
            {
                await proxy.SendAsync([one]);
                await world.Pass(TimeSpan.FromMilliseconds(5));
            }

            Assert.Equal("192.0.2.7:56324 -> 198.51.100.1:443", await proxy.ReadLineAsync());
            Assert.Equal("hello", await proxy.ReadAsync(5));
        });

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public void Bytes_behind_the_header_in_one_big_write_are_the_handlers(ProxyProtocolVersion version) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await ProxiedServer.Start(world);
            await using var proxy = await world.Connect();
            var body = new string('x', 200_000);
            var sending = proxy.SendAsync([.. Sent(version).ToBytes(), .. System.Text.Encoding.ASCII.GetBytes(body)]);

            Assert.Equal("192.0.2.7:56324 -> 198.51.100.1:443", await proxy.ReadLineAsync());
            Assert.Equal(body, await proxy.ReadAsync(body.Length));
            await sending;
        });

    [Fact]
    public void Health_check_that_says_so_is_served_with_the_proxys_own_addresses() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        await using var proxy = await world.Connect();
        await proxy.SendAsync(new ProxyHeader { IsLocal = true }.ToBytes());

        Assert.Equal($"{proxy.LocalEndPoint} -> {proxy.RemoteEndPoint}", await proxy.ReadLineAsync());
    });

    [Fact]
    public void Unknown_client_of_version_1_is_served_with_the_proxys_own_addresses() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        await using var proxy = await world.Connect();
        await proxy.SendAsync("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n");

        Assert.Equal($"{proxy.LocalEndPoint} -> {proxy.RemoteEndPoint}", await proxy.ReadLineAsync());
    });

    [Theory]
    [InlineData("TCP6 2001:db8::7 127.0.0.1 56324 443", "[2001:db8::7]:56324 -> 127.0.0.1:443")]
    [InlineData("TCP4 192.0.2.7 unix:/run/nginx.sock 56324 0", null)]
    public void Client_that_nginx_reports_is_served_whatever_nginx_listens_on(string line, string? addresses) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await ProxiedServer.Start(world);
            await using var proxy = await world.Connect();
            await proxy.SendAsync($"PROXY {line}\r\n");

            // A socket of nginx without an address is represented by that of this side.
            Assert.Equal(addresses ?? $"192.0.2.7:56324 -> {proxy.RemoteEndPoint}", await proxy.ReadLineAsync());
        });

    [Fact]
    public void Connection_without_UseProxyProtocol_has_no_header() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
            await connection.SendAsync($"{connection.ProxyHeader is null}"));
        await using var client = await world.Connect();

        Assert.Equal("True", await client.ReadToEndAsync());
    });

    private static ProxyHeader Sent(ProxyProtocolVersion version) => version is ProxyProtocolVersion.V2
        ? Header
        : new() { Version = version, Source = Header.Source, Destination = Header.Destination };
}
