using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Transport.Tests.Moving;

/// <summary>Two servers in one process, each with a transport of its kind, between which connections move.</summary>
internal sealed class MovingServers : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _transports = [];
    private SockeyeServer[] _servers = [];

    public SockeyeServer Old => _servers[0];

    public SockeyeServer New => _servers[1];

    public IReadOnlyList<SockeyeServer> Both => _servers;

    /// <param name="kinds">The transports of the two, as in <see cref="Pairs"/>.</param>
    /// <param name="configure">Configures the endpoint of each server, by its index.</param>
    /// <param name="change">Changes the options of each server.</param>
    public static async Task<MovingServers> StartAsync(
        string kinds, Action<ListenOptions, int> configure, Action<SockeyeServerOptions>? change = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Connections move on Linux only.");
        var servers = new MovingServers();
        var started = new List<SockeyeServer>();
        foreach (var (index, kind) in kinds.Split(" to ").Index())
        {
            var options = new SockeyeServerOptions { Transport = servers.CreateTransport(kind) };
            change?.Invoke(options);
            configure(options.Listen(new IPEndPoint(IPAddress.Loopback, 0)), index);
            started.Add(await SockeyeServer.StartAsync(options, TestContext.Current.CancellationToken));
        }

        servers._servers = [.. started];
        return servers;
    }

    public static TheoryData<string> Pairs =>
    [
        "epoll to epoll", "epoll to io_uring", "io_uring to epoll", "io_uring to io_uring", "sockets to sockets",
        "sockets to io_uring", "epoll to sockets",
    ];

    public async Task<Socket> ConnectAsync(int server = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_servers[server].EndPoints[0], TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>Moves all connections of a server to the other one. Returns their number, and the reasons of those that
    /// stayed.</summary>
    public async Task<(int Moved, IReadOnlyList<MoveRefusal> Refusals)> MoveAsync(
        int from = 0, DetachOptions? options = null, Func<DetachedConnection, Task>? inBetween = null)
    {
        var refusals = new List<MoveRefusal>();
        options ??= new() { HandlerTimeout = TimeSpan.FromSeconds(10), FreezeTimeout = TimeSpan.FromSeconds(10) };
        options = new()
        {
            HandlerTimeout = options.HandlerTimeout, FreezeTimeout = options.FreezeTimeout,
            MaxWaitingBytes = options.MaxWaitingBytes, MaxConcurrency = options.MaxConcurrency,
            OnRefused = (_, refusal) =>
            {
                lock (refusals)
                    refusals.Add(refusal);
            },
        };
        var (moved, to) = (0, _servers[1 - from]);
        await foreach (var connection in _servers[from].DetachConnectionsAsync(options, TestContext.Current.CancellationToken))
        {
            if (inBetween is not null)
                await inBetween(connection);
            using var handle = connection.DuplicateHandle();
            var bytes = connection.Snapshot.ToArray();
            var refusal = await to.AttachAsync(
                ConnectionSnapshot.Parse(bytes), handle, to.EndPoints[0], TestContext.Current.CancellationToken);
            if (refusal is null)
            {
                await connection.CompleteAsync();
                moved++;
            }
            else
            {
                refusals.Add(refusal);
                await connection.ReturnAsync();
            }
        }

        return (moved, refusals);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        foreach (var transport in _transports)
            await transport.DisposeAsync();
    }

    private IConnectionListenerFactory CreateTransport(string kind)
    {
        if (kind == "sockets")
            return new SocketTransport();
        var engine = kind == "epoll" ? LinuxEngine.Epoll : LinuxEngine.IoUring;
        Assert.SkipWhen(
            engine is LinuxEngine.IoUring && !IoUringProbe.Result.IsSupported, IoUringProbe.Result.Reason ?? "no io_uring");
        var transport = new LinuxTransport(new() { Engine = engine, ThreadCount = 2 });
        _transports.Add(transport);
        return transport;
    }
}
