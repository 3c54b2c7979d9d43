using System.Net;
using System.Net.Sockets;
using Sockeye.Linux;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>A client whose own port is its destination connects to itself, unless the transport refuses.</summary>
public sealed class SelfConnectTests
{
    private static readonly (string Remote, string Local)[] Cases =
    [
        ("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("127.0.0.7", "127.0.0.7"), ("::1", "::1"), ("::1", "::"),
    ];

    public static TheoryData<string, string, string> AllCases
    {
        get
        {
            TheoryData<string, string, string> all = [];
            foreach (var transport in (string[])["Sockets", "Epoll", "IoUring"])
            {
                foreach (var (remote, local) in Cases)
                    all.Add(transport, remote, local);
            }

            return all;
        }
    }

    [Theory, MemberData(nameof(AllCases))]
    public async Task It_is_refused_and_holds_its_port_no_longer(string transport, string remote, string local)
    {
        var steps = new List<SocketStep>();
        await using var connecting = New(transport, steps);
        var port = FreePort(IPAddress.Parse(remote));
        var own = new IPEndPoint(IPAddress.Parse(remote), port);
        var error = await Assert.ThrowsAnyAsync<SocketException>(() => ((ILocalEndPointConnectionFactory)connecting).ConnectAsync(
            own, new IPEndPoint(IPAddress.Parse(local), port), TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        Assert.Equal(SocketError.ConnectionRefused, steps.Single(step => step.Function is SocketFunction.Connect).Error);
        // Exclusive: without SO_REUSEADDR not even a TIME_WAIT may be left.
        using var server = new Socket(own.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
        server.Bind(own);
        server.Listen();
    }

    [Theory, InlineData("Sockets"), InlineData("Epoll"), InlineData("IoUring")]
    public async Task Same_port_of_another_address_is_no_self(string transport)
    {
        await using var connecting = New(transport, []);
        await using var listener = await SocketTransport.Shared.BindAsync(
            new IPEndPoint(IPAddress.Parse("127.0.0.1"), 0), TestContext.Current.CancellationToken);
        var port = ((IPEndPoint)listener.EndPoint).Port;
        await using var connection = await ((ILocalEndPointConnectionFactory)connecting).ConnectAsync(
            listener.EndPoint, new IPEndPoint(IPAddress.Parse("127.0.0.2"), port), TestContext.Current.CancellationToken);

        Assert.Equal(listener.EndPoint, connection.RemoteEndPoint);
        connection.Abort();
    }

    private static LinuxTransport New(string transport, List<SocketStep> steps)
    {
        var engine = Enum.Parse<LinuxEngine>(transport);
        Assert.SkipWhen(engine is not LinuxEngine.Sockets && !OperatingSystem.IsLinux(), "Only Linux has these engines.");
        Assert.SkipWhen(
            engine is LinuxEngine.IoUring && !IoUringProbe.Result.IsSupported, "io_uring cannot run here.");
        return new(new() { Engine = engine, Sockets = new() { OnStep = steps.Add } });
    }

    private static int FreePort(IPAddress address)
    {
        Assert.SkipWhen(address.AddressFamily is AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "No IPv6 here.");
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
