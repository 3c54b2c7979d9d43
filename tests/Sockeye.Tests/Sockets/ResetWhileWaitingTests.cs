using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Sockets;

/// <summary>Clients that reset their connection before it is accepted, on sockets of the system. Winsock reports them as errors
/// of <c>accept()</c>.</summary>
public sealed class ResetWhileWaitingTests
{
    private const int Resets = 300;

    [Fact]
    public async Task Server_serves_the_next_client_without_a_wait()
    {
        // The clock stands still: a server that backs off never accepts again.
        await using var server = await SockeyeServer.StartAsync(
            options =>
            {
                (options.Transport, options.TimeProvider) = (SocketTransport.Shared, new FakeTimeProvider());
                options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(connection => connection.SendAsync("served"));
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < Resets; i++)
            await ConnectAndResetAsync(server.EndPoints[0]);

        await using var client = await server.ConnectAsync();
        Assert.Equal("served", await client.ReadAsync("served".Length).Within());
    }

    private static async Task ConnectAndResetAsync(EndPoint endpoint)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        socket.Close(timeout: 0);
    }
}
