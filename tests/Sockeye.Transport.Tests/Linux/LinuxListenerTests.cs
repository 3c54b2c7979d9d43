using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>How clients reach the engine threads, and what the kernel reports about those that wait.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class LinuxListenerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData<EachEngine>]
    public Task Each_client_goes_to_the_thread_that_has_the_fewest(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 3).RunAsync(new(), async world =>
        {
            var listener = await world.ListenAsync();
            var servers = new List<TestEnd>();
            var clients = new List<Socket>(); // Held, so that no collection closes them.
            for (var i = 0; i < 9; i++)
            {
                clients.Add(await ConnectClientAsync(listener));
                servers.Add(await world.AcceptAsync(listener));
            }

            var byThread = servers.GroupBy(Thread).ToList();
            Assert.Equal([3, 3, 3], byThread.Select(group => group.Count()));

            // Those that lost theirs get the next ones.
            var poor = byThread[1];
            foreach (var end in poor)
                end.Connection.Abort();
            foreach (var end in poor)
                await world.Soon(end.Closed);
            for (var i = 0; i < 3; i++)
            {
                clients.Add(await ConnectClientAsync(listener));
                Assert.Same(poor.Key, Thread(await world.AcceptAsync(listener)));
            }

            clients.ForEach(client => client.Dispose());
        });

    [Theory, ClassData<EachEngine>]
    public Task Sockets_that_share_a_port_serve_on_all_threads_and_no_other_server_gets_in(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 2).RunAsync(
            new(),
            async (world, transport) =>
            {
                var listener = await world.ListenAsync();
                HashSet<EngineThread> threads = [];
                for (var i = 0; i < 500 && threads.Count < 2; i++)
                {
                    using var client = await ConnectClientAsync(listener);
                    var server = await world.AcceptAsync(listener);
                    threads.Add(Thread(server));
                    await client.SendAsync("x"u8.ToArray(), Cancelled);
                    await server.ShouldReceiveAsync("x");
                }

                Assert.Equal(2, threads.Count);
                await Assert.ThrowsAsync<AddressInUseException>(
                    () => SocketTransport.Shared.BindAsync(listener.EndPoint, Cancelled).AsTask());
                await Assert.ThrowsAsync<AddressInUseException>(() => transport.BindAsync(listener.EndPoint, Cancelled).AsTask());
                await using var other = new LinuxTransport(
                    new() { Engine = engine, AcceptMode = LinuxAcceptMode.ReusePort, ThreadCount = 2 });
                await Assert.ThrowsAsync<AddressInUseException>(() => other.BindAsync(listener.EndPoint, Cancelled).AsTask());
            },
            options => options.AcceptMode = LinuxAcceptMode.ReusePort);

    [Theory, ClassData<EachEngine>]
    public async Task The_accept_queue_is_the_kernels(LinuxEngine engine)
    {
        await using var transport = new LinuxTransport(
            new() { Engine = engine, ThreadCount = 1, Sockets = new() { Backlog = 7 } });
        await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
        Assert.Equal((0, 7), Queue(listener));
        using var client = await ConnectClientAsync(listener);
        Assert.Equal((1, 7), Queue(listener));
        await using var accepted = await listener.AcceptAsync(Cancelled);
        Assert.Equal((0, 7), Queue(listener));
    }

    [Theory, ClassData<EachEngine>]
    public Task Shedding_of_sockets_that_share_a_port_resets_no_more_clients_than_it_may(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 2).RunAsync(
            new(),
            async (world, _) =>
            {
                const int Clients = 12; // The kernel spreads them over both sockets.
                var listener = await world.ListenAsync();
                var queue = (IAcceptQueueListener)listener;
                var clients = new List<Socket>();
                for (var i = 0; i < Clients; i++)
                    clients.Add(await ConnectClientAsync(listener));

                Assert.Equal(1, queue.Shed(1));
                Assert.Equal(Clients - 1, queue.Shed(int.MaxValue));
                clients.ForEach(client => client.Dispose());
            },
            options => options.AcceptMode = LinuxAcceptMode.ReusePort);

    [Theory, ClassData<EachEngine>]
    public Task A_server_reports_its_backlog_and_survives_clients_that_leave_in_it(LinuxEngine engine) =>
        new LinuxFixture(engine).RunAsync(new() { Backlog = 64 }, async (world, transport) =>
        {
            var options = new SockeyeServerOptions { Transport = transport };
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(async connection =>
            {
                while (true)
                {
                    var read = await connection.Transport.Input.ReadAsync();
                    foreach (var segment in read.Buffer)
                        await connection.Transport.Output.WriteAsync(segment);
                    connection.Transport.Input.AdvanceTo(read.Buffer.End);
                    if (read.IsCompleted)
                        return;
                }
            });
            await using var server = await SockeyeServer.StartAsync(options, Cancelled);
            Assert.Equal(64, server.GetListeners()[0].AcceptQueueLimit);
            for (var i = 0; i < 300; i++)
            {
                using var leaving = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                leaving.LingerState = new(true, 0);
                await leaving.ConnectAsync(server.EndPoints[0], Cancelled);
            }

            var client = world.Track(await transport.ConnectAsync(server.EndPoints[0], Cancelled), "client");
            await client.SendAsync("still here");
            await client.ShouldReceiveAsync("still here");
            await client.DisposeAsync();
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Threads_with_nothing_to_do_use_no_processor(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), async world =>
        {
            var (client, server) = await world.ConnectAsync();
            await client.SendAsync("x");
            await server.ShouldReceiveAsync("x");
            var before = ThisProcess.CpuTicks("Sockeye ");
            await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, Cancelled);
            Assert.InRange(ThisProcess.CpuTicks("Sockeye ") - before, 0, 1); // of 70
        });

    private static (int? Depth, int? Limit) Queue(IConnectionListener listener) =>
        (listener.GetTcpInfo()?.AcceptQueueDepth, listener.GetTcpInfo()?.AcceptQueueLimit);

    private static async Task<Socket> ConnectClientAsync(IConnectionListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.EndPoint, Cancelled);
        return socket;
    }

    private static EngineThread Thread(TestEnd end) => ((EngineConnection)end.Connection).Thread;
}
