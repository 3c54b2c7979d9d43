using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests;

/// <summary>Servers that take over from each other by real sockets, in one process.</summary>
[Collection("descriptors")]
public sealed class ServerTakeoverTests
{
    public static TheoryData<string> Transports => TakeoverWorld.Transports;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Transports))]
    public async Task Server_that_starts_with_the_same_path_serves_the_same_port_and_the_other_one_ends(string transport)
    {
        await using var world = new TakeoverWorld();
        var before = await world.StartAsync(transport);
        var endpoint = before.EndPoints[0];
        for (var i = 0; i < 3; i++)
        {
            var next = await world.StartAsync(transport);
            Assert.Equal(endpoint, Assert.Single(next.EndPoints));
            await before.TakenOver.WaitAsync(Cancelled);
            await before.StopAsync(Cancelled);
            await TakeoverWorld.EchoOnceAsync(endpoint);
            before = next;
        }

        Assert.Equal(3, world.Log.WithId(1370).Count());
        Assert.Equal(3, world.Log.WithId(1374).Count());
        Assert.True(File.Exists(world.Path));
        await before.StopAsync(Cancelled);
        Assert.False(File.Exists(world.Path));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Clients_connect_all_the_time_during_takeovers(string transport)
    {
        await using var world = new TakeoverWorld();
        var server = await world.StartAsync(transport);
        var endpoint = server.EndPoints[0];
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; !over.IsCancellationRequested; count++)
                await TakeoverWorld.EchoOnceAsync(endpoint);
            return count;
        }, Cancelled)).ToList();
        for (var i = 0; i < 5; i++)
        {
            var next = await world.StartAsync(transport);
            await server.StopAsync(Cancelled);
            server = next;
        }

        await over.CancelAsync();
        Assert.All(await Task.WhenAll(clients), count => Assert.NotEqual(0, count));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Server_accepts_again_when_the_successor_ends_after_it_has_stopped(string transport)
    {
        await using var world = new TakeoverWorld();
        var server = await world.StartAsync(transport);
        using var open = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await open.ConnectAsync(server.EndPoints[0], Cancelled);
        await TakeoverWorld.EchoOnceAsync(open);
        var descriptors = await DescriptorWatch.StartAsync(world.Folder);
        for (var i = 0; i < 5; i++)
        {
            await using (var channel = await world.ConnectAsync())
            {
                await channel.SendAsync(new TakeoverMessage.Hello(TakeoverFormat.Version, 1));
                await ReceiveAsync<TakeoverMessage.Hello>(channel);
                await channel.SendAsync(new TakeoverMessage.Ask());
                using var listeners = await ReceiveAsync<TakeoverMessage.Listeners>(channel);
                Assert.Equal(2, listeners.Items.Count);
                await channel.SendAsync(new TakeoverMessage.Accepting());
                await ReceiveAsync<TakeoverMessage.Stopped>(channel);
            }

            await TestWait.UntilAsync(() => world.Log.WithId(1375).Count() == i + 1);
            await TakeoverWorld.EchoOnceAsync(server.EndPoints[0]);
            await TakeoverWorld.EchoOnceAsync(open);
        }

        Assert.False(server.TakenOver.IsCompleted);
        Assert.Single(server.GetConnections());
        await descriptors.AllCloseAsync();
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Server_that_stops_during_a_takeover_leaves_its_listeners_to_the_successor(string transport)
    {
        await using var world = new TakeoverWorld();
        var server = await world.StartAsync(transport);
        await using var channel = await world.ConnectAsync();
        await channel.SendAsync(new TakeoverMessage.Hello(TakeoverFormat.Version, 1));
        await ReceiveAsync<TakeoverMessage.Hello>(channel);
        await channel.SendAsync(new TakeoverMessage.Ask());
        using var listeners = await ReceiveAsync<TakeoverMessage.Listeners>(channel);

        await server.StopAsync(Cancelled);

        Assert.Null(await channel.ReceiveAsync().WaitAsync(Cancelled));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(server.EndPoints[0], Cancelled); // The socket listens still.
    }

    [Fact]
    public async Task Unix_socket_of_an_endpoint_keeps_its_file_until_the_last_server_stops()
    {
        await using var world = new TakeoverWorld();
        var endpoint = new UnixDomainSocketEndPoint(Path.Combine(world.Folder, "clients.sock"));
        var first = await world.StartAsync(world.CreateOptions("sockets", endpoint).UseTakeover(world.Path));
        var second = await world.StartAsync(world.CreateOptions("sockets", endpoint).UseTakeover(world.Path));
        await first.StopAsync(Cancelled);
        await TakeoverWorld.EchoOnceAsync(endpoint);
        await second.StopAsync(Cancelled);
        Assert.Empty(Directory.GetFiles(world.Folder));
    }

    [Fact]
    public async Task Endpoint_that_the_successor_does_not_have_is_closed_and_one_that_is_new_is_bound()
    {
        await using var world = new TakeoverWorld();
        var options = world.CreateOptions("sockets");
        options.ListenLocalhost(0).Run(_ => Task.CompletedTask);
        var first = await world.StartAsync(options.UseTakeover(world.Path));
        options = world.CreateOptions("sockets", first.EndPoints[0]);
        options.Listen(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)).Run(_ => Task.CompletedTask);
        var second = await world.StartAsync(options.UseTakeover(world.Path));
        await first.StopAsync(Cancelled);

        Assert.Equal(2, second.EndPoints.Count);
        Assert.Equal(first.EndPoints[0], second.EndPoints[0]);
        Assert.Equal(first.EndPoints.Count - 1, world.Log.WithId(1377).Count());
        using var refused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => refused.ConnectAsync(first.EndPoints[1], Cancelled).AsTask());
    }

    /// <summary>A message has at most 253 descriptors: SCM_MAX_FD of unix(7).</summary>
    [Fact]
    public async Task More_listeners_than_one_message_can_have_come_over()
    {
        await using var world = new TakeoverWorld();
        var first = await world.StartAsync(Create());
        var second = await world.StartAsync(Create());
        await first.StopAsync(Cancelled);

        Assert.Equal(260, second.EndPoints.Count);
        Assert.Equal(first.EndPoints.Select(PortOf).Order(), second.EndPoints.Select(PortOf).Order());
        Assert.Equal(260, Assert.Single(second.Takeovers).Listeners);
        await TakeoverWorld.EchoOnceAsync(first.EndPoints[0]);
        await TakeoverWorld.EchoOnceAsync(first.EndPoints[^1]);

        SockeyeServerOptions Create()
        {
            var options = world.CreateOptions("sockets");
            while (options.Endpoints.Count < 260)
            {
                options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
                    .Run(connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output));
            }

            return options.UseTakeover(world.Path);
        }

        static int PortOf(EndPoint endpoint) => ((IPEndPoint)endpoint).Port;
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Both_servers_report_what_moved_and_the_new_one_the_pauses(string transport)
    {
        await using var world = new TakeoverWorld();
        var first = await world.StartAsync(Create());
        using var moving = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var staying = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await moving.ConnectAsync(first.EndPoints[1], Cancelled);
        await staying.ConnectAsync(first.EndPoints[0], Cancelled);
        await moving.SendAsync("1234"u8.ToArray(), Cancelled);
        await moving.ReceiveAsync(new byte[4], Cancelled);
        await TakeoverWorld.EchoOnceAsync(staying);

        var second = await world.StartAsync(Create());
        await first.TakenOver.WaitAsync(Cancelled);

        var taken = Assert.Single(second.Takeovers);
        Assert.Equal(
            (TakeoverOutcome.TookOver, Environment.ProcessId, 2, 1, 0),
            (taken.Outcome, taken.ProcessId, taken.Listeners, taken.Moved, taken.Cut));
        Assert.NotNull(taken.MaxPause);
        Assert.Equal(taken.MaxPause, taken.MedianPause);
        var handed = Assert.Single(first.Takeovers);
        Assert.Equal(
            (TakeoverOutcome.HandedOver, 2, 1, 1), (handed.Outcome, handed.Listeners, handed.Moved, handed.Stayed));
        Assert.Contains("longest", Assert.Single(world.Log.WithId(1370)).Message, StringComparison.Ordinal);
        await moving.SendAsync("5678"u8.ToArray(), Cancelled);
        Assert.Equal(4, await moving.ReceiveAsync(new byte[4], Cancelled));

        SockeyeServerOptions Create()
        {
            var options = world.CreateOptions(transport);
            options.Listen(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)).UseMoving()
                .Run(Codec.FixedSize(4).WithMessages(
                    static (byte[] message, IBufferWriter<byte> output) => output.Write(message),
                    static payload => payload.ToArray()), static message => message);
            return options.UseTakeover(world.Path);
        }
    }

    /// <summary>Visitors end all the time: the server must not wait for the answer of a handler that has returned.</summary>
    [Fact]
    public async Task Takeover_does_not_wait_for_a_handler_that_returns_meanwhile()
    {
        await using var world = new TakeoverWorld();
        var (hasStarted, hasReturned) = (new TaskCompletionSource(), new TaskCompletionSource());
        var time = new FakeTimeProvider(); // A timeout would never come.
        var first = await world.StartAsync(Create(async connection =>
        {
            hasStarted.SetResult();
            // It does not answer the request, but returns because of it.
            await connection.MoveRequested.WhenCancelledAsync();
            hasReturned.SetResult();
        }));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(first.EndPoints[0], Cancelled);
        await hasStarted.Task.WaitAsync(Cancelled);

        var second = await world.StartAsync(Create(_ => Task.CompletedTask));

        await hasReturned.Task.WaitAsync(Cancelled);
        Assert.Equal(0, Assert.Single(second.Takeovers).Moved);
        Assert.Empty(world.Log.WithId(1360));

        SockeyeServerOptions Create(ConnectionDelegate handler)
        {
            var options = new SockeyeServerOptions
            {
                LoggerFactory = world.Log, TimeProvider = time, ShutdownTimeout = TimeSpan.FromSeconds(1),
            };
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).UseMoving().Run(handler);
            return options.UseTakeover(world.Path);
        }
    }

    private static async Task<T> ReceiveAsync<T>(UnixTakeoverChannel channel)
        where T : TakeoverMessage => Assert.IsType<T>(await channel.ReceiveAsync().WaitAsync(Cancelled));
}
