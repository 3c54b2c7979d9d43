using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>Disposing of the transport ends its threads and gives back all it has, whatever is under way. Counts descriptors and
/// threads of the process, so nothing else may run.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class TransportShutdownTests
{
    private const string ThreadPrefix = "Sockeye ";

    private static readonly IPEndPoint Loopback = new(IPAddress.Loopback, 0);
    private static readonly TransportSettings SmallBuffers = new()
    {
        MaxReadBufferSize = 16 * 1024, MaxWriteBufferSize = 16 * 1024, SmallSystemBuffers = true,
    };

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Threads_end_and_descriptors_are_given_back(LinuxEngine engine, bool inline) =>
        LeavesNothingAsync(engine, inline, async (world, transport) =>
        {
            var (client, server) = await world.ConnectAsync();
            await client.SendAsync("x");
            await server.ShouldReceiveAsync("x");
            Assert.True(ThisProcess.Threads(ThreadPrefix).Count >= 2);
            await world.Soon(transport.DisposeAsync().AsTask());
            await world.Soon(Task.WhenAll(client.Closed, server.Closed));
            // The second to be aborted may have met the first one's reset before.
            Assert.Contains(
                (ClosedBy.Local, CloseCause.Abort), new[] { client, server }.Select(end => (end.Reason!.By, end.Reason.Cause)));
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Reads_and_flushes_that_wait_end_when_the_transport_does(LinuxEngine engine, bool inline) =>
        LeavesNothingAsync(engine, inline, async (world, transport) =>
        {
            var listener = await world.ListenAsync();
            using var stuck = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await stuck.ConnectAsync(listener.EndPoint);
            var server = await world.AcceptAsync(listener);
            var (flushing, reading) = (server.Output.WriteAsync(new byte[8_000_000]).AsTask(), server.Input.ReadAsync().AsTask());
            Assert.False(flushing.IsCompleted || reading.IsCompleted);
            await world.Soon(transport.DisposeAsync().AsTask());
            Assert.True((await world.Soon(flushing)).IsCompleted);
            await Assert.ThrowsAsync<ConnectionAbortedException>(() => world.Soon(reading));
            await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Abort);
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Peers_that_take_nothing_do_not_hold_up_the_end(LinuxEngine engine, bool inline) =>
        LeavesNothingAsync(engine, inline, async (world, transport) =>
        {
            var listener = await world.ListenAsync();
            using var stuck = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await stuck.ConnectAsync(listener.EndPoint);
            var server = await world.AcceptAsync(listener);
            var flushing = server.Output.WriteAsync(new byte[8_000_000]).AsTask();
            var closing = server.Connection.DisposeAsync().AsTask();
            await world.Soon(transport.DisposeAsync().AsTask());
            await world.Soon(Task.WhenAll(flushing, closing));
            await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Abort);
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Accepts_that_wait_end_with_null(LinuxEngine engine, bool inline) =>
        LeavesNothingAsync(engine, inline, async (world, transport) =>
        {
            var listener = await world.ListenAsync();
            var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
            await world.Soon(transport.DisposeAsync().AsTask());
            Assert.Null(await world.Soon(accepting));
            Assert.Null(await world.Soon(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Connects_under_way_end_as_disposed(LinuxEngine engine, bool inline) =>
        LeavesNothingAsync(engine, inline, async (world, transport) =>
        {
            // There is no accept and the queue is full: the last handshakes wait for minutes.
            using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            full.Bind(Loopback);
            full.Listen(1);
            var connecting = Enumerable.Range(0, 6)
                .Select(_ => transport.ConnectAsync(full.LocalEndPoint!, TestContext.Current.CancellationToken).AsTask())
                .ToList();
            await world.Soon(Task.WhenAll(connecting.Take(2)));
            await world.Soon(transport.DisposeAsync().AsTask());
            foreach (var connect in connecting)
                await world.Soon(Task.WhenAny(connect));
            var through = connecting.Where(connect => connect.IsCompletedSuccessfully).ToList();
            Assert.InRange(through.Count, 2, 3);
            foreach (var connection in through)
                await world.Soon((await connection).DisposeAsync().AsTask());
            foreach (var connect in connecting.Except(through))
                await Assert.ThrowsAsync<ObjectDisposedException>(() => connect);
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task A_storm_of_clients_does_not_hold_up_the_end(LinuxEngine engine, bool inline) =>
        LeavesNothingAsync(engine, inline, async (world, transport) =>
        {
            var listener = await world.ListenAsync();
            ConcurrentBag<ConnectionContext> connections = [];
            async Task AcceptAsync()
            {
                while (await listener.AcceptAsync() is { } connection)
                {
                    connections.Add(connection);
                    _ = connection.Transport.Output.WriteAsync(new byte[1000]).AsTask();
                }
            }

            async Task ConnectClientAsync()
            {
                while (true)
                {
                    try
                    {
                        connections.Add(await transport.ConnectAsync(listener.EndPoint));
                    }
                    catch (Exception e) when (e is ObjectDisposedException or SocketException)
                    {
                        if (e is ObjectDisposedException)
                            return;
                    }
                }
            }

            var tasks = Enumerable.Range(0, 4).Select(_ => Task.Run(ConnectClientAsync)).Append(Task.Run(AcceptAsync)).ToList();
            await world.BecomesTrueAsync(() => connections.Count > 600);
            await world.Soon(transport.DisposeAsync().AsTask());
            await world.Soon(Task.WhenAll(tasks));
            await world.Soon(Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask())));
            Assert.Equal(0, transport.RentedBlockCount);
        });

    [Theory, ClassData<EachEngine>]
    public async Task Use_after_the_end_is_an_error_whether_or_not_there_was_use_before(LinuxEngine engine)
    {
        foreach (var used in (bool[])[false, true])
        {
            var transport = new LinuxTransport(new() { Engine = engine });
            if (used)
                await (await transport.BindAsync(Loopback, TestContext.Current.CancellationToken)).DisposeAsync();
            await transport.DisposeAsync();
            await transport.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(
                () => transport.BindAsync(Loopback, TestContext.Current.CancellationToken).AsTask());
            await Assert.ThrowsAsync<ObjectDisposedException>(
                () => transport.ConnectAsync(
                    new IPEndPoint(IPAddress.Loopback, 1), TestContext.Current.CancellationToken).AsTask());
        }
    }

    private static async Task LeavesNothingAsync(
        LinuxEngine engine, bool inline, Func<TransportWorld, LinuxTransport, Task> test)
    {
        TransportWorld last = null!;
        // The first round loads what a process loads once. The threads of the shared transport may be there before.
        for (var round = 0; round < 3; round++)
        {
            var before = round == 0 ? int.MaxValue : ThisProcess.Descriptors;
            var threads = ThisProcess.Threads(ThreadPrefix).Count;
            await new LinuxFixture(engine, inline).RunAsync(SmallBuffers, (world, transport) => test(last = world, transport));
            await last.BecomesTrueAsync(() => ThisProcess.Threads(ThreadPrefix).Count <= threads);
            await last.BecomesTrueAsync(() => ThisProcess.Descriptors <= before);
        }
    }
}
