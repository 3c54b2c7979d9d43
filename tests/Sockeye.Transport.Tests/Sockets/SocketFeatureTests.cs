using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>What a handler may do to the socket that <see cref="IConnectionSocketFeature"/> gives it.</summary>
public sealed class SocketFeatureTests
{
    [Theory]
    [InlineData(LinuxEngine.Sockets, false)]
    [InlineData(LinuxEngine.Sockets, true)]
    [InlineData(LinuxEngine.Epoll, false)]
    [InlineData(LinuxEngine.Epoll, true)]
    [InlineData(LinuxEngine.IoUring, false)]
    [InlineData(LinuxEngine.IoUring, true)]
    public Task Socket_that_a_handler_disposes_ends_at_most_its_own_connection(LinuxEngine engine, bool inline) =>
        NewFixture(engine, inline).RunAsync(new(), async world =>
    {
        var listener = await world.ListenAsync();
        for (var round = 0; round < 10; round++)
        {
            var (client, server) = await world.ConnectAsync(listener);
            var socket = server.Connection.Features.Get<IConnectionSocketFeature>()!.Socket;
            if (round % 2 == 0)
                socket.Dispose();
            else
                socket.Close(timeout: 0);
            // The next connections get the number of a descriptor that was closed: none of these bytes may be theirs.
            var others = new List<(TestEnd Client, TestEnd Server)>();
            for (var i = 0; i < 4; i++)
            {
                others.Add(await world.ConnectAsync(listener));
                await world.Soon(server.Output.WriteAsync("not for you"u8.ToArray()).AsTask());
            }

            foreach (var (otherClient, other) in others)
            {
                await other.SendAsync("for you");
                await otherClient.ShouldReceiveAsync("for you");
                await otherClient.SendAsync("and back");
                await other.ShouldReceiveAsync("and back");
            }

            _ = server.Connection.GetTcpInfo(); // Must not throw.
            server.Connection.Abort();
            await world.Soon(server.Closed);
            client.Connection.Abort();
            foreach (var (otherClient, other) in others)
            {
                await other.SendFinAsync();
                await otherClient.ReceiveFinAsync();
                await Task.WhenAll(otherClient.DisposeAsync(), other.DisposeAsync());
            }
        }
    });

    private static TransportFixture NewFixture(LinuxEngine engine, bool inline) => engine is LinuxEngine.Sockets
        ? new SocketFixture(AddressFamily.InterNetwork, inline)
        : new LinuxFixture(engine, inline, threads: 1);
}
