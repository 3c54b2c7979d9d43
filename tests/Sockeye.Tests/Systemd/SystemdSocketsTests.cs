using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Systemd;

/// <summary>Servers on sockets that systemd has opened: which endpoint takes which, and what becomes of the others.</summary>
public sealed class SystemdSocketsTests : IDisposable
{
    private readonly List<Socket> _given = [];
    private readonly TestLog _log = new();

    public SystemdSocketsTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _given.ForEach(socket => socket.Dispose());

    [Fact]
    public async Task Endpoint_takes_the_socket_of_its_address_and_the_rest_is_closed()
    {
        var (mine, other) = (Listen(IPAddress.Loopback), Listen(IPAddress.Loopback));
        using var pipe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var sockets = Open(mine, other, pipe);
        await using var server = await StartAsync(sockets, options => options.Listen(mine.LocalEndPoint!).Run(EchoAsync));

        Assert.Equal(mine.LocalEndPoint, Assert.Single(server.EndPoints));
        await AssertServesAsync(mine.LocalEndPoint!);
        Assert.Equal([false, true, true], sockets.Sockets.Select(socket => socket.IsClosed));
        Assert.Contains("is inherited: descriptor", Message(1340), StringComparison.Ordinal);
        var unused = Messages(1341);
        Assert.Contains("matches no endpoint", unused[0], StringComparison.Ordinal);
        Assert.Contains("of the type Dgram, not a stream", unused[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_0_takes_the_socket_that_no_other_endpoint_needs()
    {
        var (fixedPort, free) = (Listen(IPAddress.Loopback), Listen(IPAddress.Loopback));
        await using var server = await StartAsync(Open(fixedPort, free), options =>
        {
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(EchoAsync);
            options.Listen(fixedPort.LocalEndPoint!).Run(EchoAsync);
        });
        Assert.Equal([free.LocalEndPoint!, fixedPort.LocalEndPoint!], server.EndPoints);
    }

    [Fact]
    public async Task Endpoint_without_a_socket_is_bound()
    {
        var given = Listen(IPAddress.Loopback);
        await using var server = await StartAsync(Open(given), options =>
        {
            options.Listen(given.LocalEndPoint!).Run(EchoAsync);
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(EchoAsync);
        });
        Assert.Equal(2, server.EndPoints.Count);
        foreach (var endpoint in server.EndPoints)
            await AssertServesAsync(endpoint);
    }

    [Theory]
    [InlineData("0.0.0.0", "::", true)]
    [InlineData("::", "::", true)]
    [InlineData("::", "0.0.0.0", true)]
    [InlineData("127.0.0.1", "0.0.0.0", false)]
    public void Wildcard_of_one_family_stands_for_that_of_the_other(string wanted, string given, bool isMatch)
    {
        var socket = Listen(IPAddress.Parse(given));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var options = new SockeyeServerOptions();
        options.Listen(new IPEndPoint(IPAddress.Parse(wanted), port));
        var found = SystemdMatch.Find(options.Endpoints, Open(socket).Sockets).ToList();
        Assert.Equal(isMatch ? 1 : 0, found.Count);
    }

    [Fact]
    public void Several_sockets_of_an_address_belong_to_one_endpoint()
    {
        var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        foreach (var socket in (Socket[])[first, second])
        {
            _given.Add(socket);
            socket.SetRawSocketOption(1, 15, BitConverter.GetBytes(1)); // SOL_SOCKET, SO_REUSEPORT
            socket.Bind(first.LocalEndPoint ?? new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen();
        }

        var options = new SockeyeServerOptions();
        options.Listen(first.LocalEndPoint!);
        var sockets = Open(first, second).Sockets;
        Assert.Equal(sockets, Assert.Single(SystemdMatch.Find(options.Endpoints, sockets)).Sockets);
    }

    [Fact]
    public void Socket_that_comes_twice_is_used_once()
    {
        var given = Listen(IPAddress.Loopback);
        var sockets = Open(given, given).Sockets;
        Assert.Null(sockets[0].Problem);
        Assert.Contains("again", sockets[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_removes_an_endpoint_and_adds_it_again_on_the_same_socket()
    {
        var (first, second) = (Listen(IPAddress.Loopback), Listen(IPAddress.Loopback));
        await using var server = await StartAsync(Open(first, second), options =>
        {
            options.Listen(first.LocalEndPoint!).Run(EchoAsync);
            options.Listen(second.LocalEndPoint!).Run(EchoAsync);
        });
        await server.ReloadAsync(options => options.Listen(first.LocalEndPoint!).Run(EchoAsync), Cancelled);
        await server.ReloadAsync(
            options =>
            {
                options.Listen(first.LocalEndPoint!).Run(EchoAsync);
                options.Listen(second.LocalEndPoint!).Run(EchoAsync);
            },
            Cancelled);
        await AssertServesAsync(second.LocalEndPoint!);
    }

    [Fact]
    public async Task Path_of_a_unix_socket_is_compared_in_full_and_its_file_stays()
    {
        var folder = Directory.CreateTempSubdirectory("sockeye-");
        try
        {
            var path = Path.Combine(folder.FullName, "s");
            var given = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            given.Bind(new UnixDomainSocketEndPoint(path));
            given.Listen();
            var sockets = Open(given);
            await using (await StartAsync(
                sockets, options => options.ListenUnixSocket(Path.Combine(folder.FullName, ".", "s")).Run(EchoAsync)))
                await AssertServesAsync(given.LocalEndPoint!);
            Assert.True(File.Exists(path));
            given.Dispose();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task EchoAsync(ConnectionContext connection) =>
        connection.Transport.Input.CopyToAsync(connection.Transport.Output);

    private static async Task AssertServesAsync(EndPoint endpoint)
    {
        using var client = new Socket(
            endpoint.AddressFamily, SocketType.Stream, endpoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        await client.ConnectAsync(endpoint, Cancelled);
        await client.SendAsync("x"u8.ToArray(), Cancelled);
        Assert.Equal(1, await client.ReceiveAsync(new byte[1], Cancelled));
    }

    /// <summary>Passes second descriptors, as systemd keeps its own.</summary>
    private static SystemdSockets Open(params Socket[] given) => SystemdSockets.Open([.. given.Select(socket =>
    {
        var duplicate = NativeDescriptor.Duplicate((int)socket.Handle);
        var number = (int)duplicate.DangerousGetHandle();
        duplicate.SetHandleAsInvalid(); // The sockets own it.
        return (number, "web");
    })]);

    private Socket Listen(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _given.Add(socket);
        if (address.AddressFamily is AddressFamily.InterNetworkV6)
            socket.DualMode = true;
        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen();
        return socket;
    }

    private string Message(int id) => Assert.Single(Messages(id));

    private List<string> Messages(int id) =>
        [.. _log.WithId(id).Select(line => line.Message)];

    private async Task<SockeyeServer> StartAsync(SystemdSockets sockets, Action<SockeyeServerOptions> configure)
    {
        sockets.ClosesUnusedAtStart = true;
        var options = new SockeyeServerOptions
        {
            Transport = SocketTransport.Shared,
            InheritedSource = sockets,
            LoggerFactory = _log,
        };
        configure(options);
        return await SockeyeServer.StartAsync(options, Cancelled);
    }
}
