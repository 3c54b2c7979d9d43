using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Takeover.Tests.Support;

/// <summary>A folder for the socket of takeovers, and servers that use it.</summary>
internal sealed class TakeoverWorld : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sockeye-");
    private readonly List<SockeyeServer> _servers = [];
    private readonly List<IAsyncDisposable> _transports = [];

    public TakeoverWorld() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes pass sockets to each other on Linux.");

    public static TheoryData<string> Transports => ["sockets", "epoll", "uring"];

    public TestLog Log { get; } = new();

    public string Folder => _folder.FullName;

    public string Path => System.IO.Path.Combine(Folder, "takeover.sock");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Creates options with one echo endpoint on a free port.</summary>
    public SockeyeServerOptions CreateOptions(string transport, EndPoint? endpoint = null)
    {
        var options = new SockeyeServerOptions
        {
            LoggerFactory = Log, Transport = CreateTransport(transport), ShutdownTimeout = TimeSpan.FromSeconds(2),
        };
        options.Listen(endpoint ?? new IPEndPoint(IPAddress.Loopback, 0)).Run(EchoAsync);
        return options;
    }

    public async Task<SockeyeServer> StartAsync(SockeyeServerOptions options)
    {
        var server = await SockeyeServer.StartAsync(options, Cancelled);
        _servers.Add(server);
        return server;
    }

    /// <summary>Starts a server that takes over if another serves.</summary>
    public Task<SockeyeServer> StartAsync(string transport) => StartAsync(CreateOptions(transport).UseTakeover(Path));

    /// <summary>Connects as a process that takes over.</summary>
    public async Task<UnixTakeoverChannel> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), Cancelled);
        return new(socket, TimeProvider.System);
    }

    /// <summary>Connects to a server and checks its answer.</summary>
    public static async Task EchoOnceAsync(EndPoint endpoint)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(endpoint, Cancelled);
        await EchoOnceAsync(socket);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1], Cancelled));
    }

    public static async Task EchoOnceAsync(Socket socket)
    {
        var sent = new byte[] { 1, 2, 3, 4 };
        await socket.SendAsync(sent, Cancelled);
        var received = new byte[sent.Length];
        for (var count = 0; count < received.Length;)
        {
            var size = await socket.ReceiveAsync(received.AsMemory(count), Cancelled);
            Assert.NotEqual(0, size);
            count += size;
        }

        Assert.Equal(sent, received);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        foreach (var transport in _transports)
            await transport.DisposeAsync();
        _folder.Delete(recursive: true);
        Log.Dispose();
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var result = await input.ReadAsync(CancellationToken.None);
            foreach (var segment in result.Buffer)
                output.Write(segment.Span);
            input.AdvanceTo(result.Buffer.End);
            await output.FlushAsync(CancellationToken.None);
            if (result.IsCompleted)
                return;
        }
    }

    private IConnectionListenerFactory CreateTransport(string name)
    {
        if (name == "sockets")
            return new SocketTransport();
        var engine = name == "epoll" ? LinuxEngine.Epoll : LinuxEngine.IoUring;
        LinuxTransport transport;
        try
        {
            transport = new(new() { Engine = engine, ThreadCount = 1 });
        }
        catch (PlatformNotSupportedException e)
        {
            Assert.Skip(e.Message);
            throw;
        }

        _transports.Add(transport);
        return transport;
    }
}
