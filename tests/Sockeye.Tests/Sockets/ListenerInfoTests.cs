using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye.Tests.Sockets;

public sealed class ListenerInfoTests
{
    [Fact]
    public async Task Listener_reports_the_length_and_limit_of_its_accept_queue()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Only Linux reports its accept queue.");
        var cancelled = TestContext.Current.CancellationToken;
        var transport = new SocketTransport(new() { Backlog = 7 });
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), cancelled);
        Assert.Equal((TcpState.Listen, 0, 7), Queue(listener.GetTcpInfo()!));

        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.EndPoint, cancelled);
        Assert.Equal((TcpState.Listen, 1, 7), Queue(listener.GetTcpInfo()!));

        await using var accepted = await listener.AcceptAsync(cancelled);
        Assert.Equal((TcpState.Listen, 0, 7), Queue(listener.GetTcpInfo()!));
    }

    private static (TcpState State, int? Depth, int? Limit) Queue(TcpInfo info) =>
        (info.State, info.AcceptQueueDepth, info.AcceptQueueLimit);
}
