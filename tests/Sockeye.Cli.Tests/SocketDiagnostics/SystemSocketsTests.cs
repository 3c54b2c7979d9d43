using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.SocketDiagnostics;

/// <summary>The kernel's own answers about sockets of this process.</summary>
public sealed class SystemSocketsTests
{
    private readonly List<SocketEntry> _listeners = [];
    private readonly List<SocketEntry> _connections = [];

    [Theory, InlineData("127.0.0.1"), InlineData("::1")]
    public async Task Own_sockets_are_listed_with_queues_and_process(string address)
    {
        Programs.SkipUnlessLinux("NETLINK_SOCK_DIAG");
        using var listener = Listen(IPAddress.Parse(address), backlog: 7);
        using var client = await Peer.ConnectAsync(listener.LocalEndPoint!);
        using var waiting = await Peer.ConnectAsync(listener.LocalEndPoint!);
        using var server = listener.Accept();
        await client.SendAsync("hello");
        Assert.True(server.Poll(ToolProcess.DefaultTimeout, SelectMode.SelectRead));

        using var sockets = new SystemSockets();
        sockets.Read(_listeners, _connections);

        Assert.Null(sockets.Limitation);
        var row = _listeners.Single(each => $"{each.Local}" == $"{listener.LocalEndPoint}");
        Assert.Equal((1u, 7u, 0u), (row.ReceiveQueue, row.SendQueue, row.Drops!.Value));
        var accepted = _connections.Single(each => $"{each.Local}" == $"{server.LocalEndPoint}"
            && $"{each.Remote}" == $"{server.RemoteEndPoint}");
        Assert.Equal((TcpState.Established, 5u, 5ul),
            (accepted.State, accepted.ReceiveQueue, accepted.Measures.BytesReceived));
        Assert.True(accepted.Measures.RoundTrip > 0);
        var owners = new SocketOwners(TimeProvider.System);
        Assert.Null(owners.Find(accepted.Inode));
        owners.Refresh([], []);
        Assert.Equal(Environment.ProcessId, owners.Find(accepted.Inode)?.ProcessId);
        Assert.Contains(row.Inode, owners.FindInodes(Environment.ProcessId));
    }

    [Fact]
    public void Client_of_a_dual_stack_listener_has_an_address_of_IPv4()
    {
        Programs.SkipUnlessLinux("NETLINK_SOCK_DIAG");
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
        using var server = listener.Accept();

        using var sockets = new SystemSockets();
        sockets.Read(_listeners, _connections);

        Assert.Contains(_connections, each => $"{each.Remote}" == $"{client.LocalEndPoint}");
    }

    [Fact]
    public async Task Clients_that_a_full_accept_queue_drops_are_counted_for_their_listener()
    {
        Programs.SkipUnlessLinux("NETLINK_SOCK_DIAG");
        using var listener = Listen(IPAddress.Loopback, backlog: 1);
        using var first = await Peer.ConnectAsync(listener.LocalEndPoint!);
        using var second = await Peer.ConnectAsync(listener.LocalEndPoint!); // Linux lets one more wait than the backlog.
        using var third = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        Assert.Throws<SocketException>(() => third.Connect(listener.LocalEndPoint!)); // It would block.

        using var sockets = new SystemSockets();
        var start = TimeProvider.System.GetTimestamp();
        SocketEntry row;
        do
        {
            sockets.Read(_listeners, _connections);
            row = _listeners.Single(each => $"{each.Local}" == $"{listener.LocalEndPoint}");
        }
        while (row.Drops == 0 && TimeProvider.System.GetElapsedTime(start) < ToolProcess.DefaultTimeout);

        Assert.Equal((2u, 1u), (row.ReceiveQueue, row.SendQueue));
        Assert.True(row.Drops > 0);
        var figures = new MachineFigures();
        figures.Begin(TimeSpan.Zero);
        figures.AddListeners([row with { Drops = row.Drops - 1 }]);
        figures.Begin(TimeSpan.FromSeconds(2));
        figures.AddListeners([row]);
        Assert.Equal(0.5, figures.GetDropRate(row.Cookie));
    }

    [Theory]
    [InlineData("socket:[123]", 123u)]
    [InlineData("socket:[]", null)]
    [InlineData("pipe:[123]", null)]
    [InlineData("/dev/null", null)]
    public void Link_of_a_socket_names_its_inode(string link, uint? inode) =>
        Assert.Equal(inode, SocketOwners.ParseLink(System.Text.Encoding.ASCII.GetBytes(link)));

    [Fact]
    public void Counters_are_found_by_name_and_unknown_ones_are_null()
    {
        var counters = KernelCounters.Parse(
            "TcpExt: A ListenOverflows ListenDrops\nTcpExt: 1 20 30\nIpExt: ListenDrops\nIpExt: 9\n",
            "Ip: Forwarding\nIp: 1\nTcp: OutSegs RetransSegs\nTcp: 400 5\n");

        Assert.Equal((20, 30, 400, 5),
            (counters.ListenOverflows, counters.ListenDrops, counters.SegmentsSent, counters.SegmentsRetransmitted));
        Assert.Null(counters.BacklogDrops);
        Assert.Null(KernelCounters.Rate(5, null, TimeSpan.FromSeconds(1)));
        Assert.Equal(2.5, KernelCounters.Rate(10, 5, TimeSpan.FromSeconds(2)));
    }

    private static Socket Listen(IPAddress address, int backlog)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(backlog);
        return listener;
    }
}
