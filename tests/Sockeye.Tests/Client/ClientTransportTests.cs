using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>The transport of a client that names none.</summary>
public sealed class ClientTransportTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Without_a_server_it_is_the_portable_transport()
    {
        var transport = new ClientTransport(create => create ? LinuxTransport.Shared : null);

        Assert.Equal(
            ("sockets", "this process has no server that uses engine threads"), (transport.Name, transport.Reason));
    }

    [Theory]
    [InlineData(255, false)]
    [InlineData(256, true)]
    public void Many_connections_are_worth_engine_threads(int count, bool isWorthIt)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only the Linux transport has engines.");
        var transport = new ClientTransport(create => create ? LinuxTransport.Shared : null);

        transport.Expect(count);
        transport.Expect(1);

        Assert.Equal(
            isWorthIt
                ? "a client has asked for 256 connections or more at once"
                : "this process has no server that uses engine threads",
            transport.Reason);
        Assert.Equal(isWorthIt ? ((INamedTransport)LinuxTransport.Shared).Name : "sockets", transport.Name);
    }

    [Fact]
    public async Task Beside_a_server_it_is_that_of_the_server_and_the_log_has_the_reason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere, servers use the portable transport.");
        await using var server = await LoopbackServer.StartAsync(ConnectionText.Echo);
        using var log = new TestLog();
        var client = new SockeyeClient(options => options.LoggerFactory = log);

        await using var first = await client.ConnectAsync(server.EndPoints[0], Cancelled);
        await using var second = await client.ConnectAsync(server.EndPoints[0], Cancelled);

        var line = Assert.Single(log.WithId(3003));
        Assert.Equal(
            $"Connections are opened by {((INamedTransport)server.Transport).Name}: servers of this process use it.",
            line.Message);
        var shared = (IConnectionFactory)DefaultTransport.Shared;
        await using var expected = await shared.ConnectAsync(server.EndPoints[0], Cancelled);
        Assert.IsType(expected.GetType(), first);
    }

    [Fact]
    public async Task Local_endpoint_reaches_the_selected_transport()
    {
        await using var server = await LoopbackServer.StartAsync(ConnectionText.Echo);
        var client = new SockeyeClient(options => options.LocalEndPoint = new(IPAddress.Parse("127.0.0.9"), 0));

        await using var connection = await client.ConnectAsync(server.EndPoints[0], Cancelled);

        Assert.Equal(IPAddress.Parse("127.0.0.9"), Assert.IsType<IPEndPoint>(connection.LocalEndPoint).Address);
    }
}
