using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>Where handlers run, and what a handler that blocks delays.</summary>
public sealed class HandlerTests
{
    [Theory, ClassData<EachEngine>]
    public Task On_the_pool_handlers_that_block_hold_up_no_other_connection(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 1).RunAsync(new(), async world =>
        {
            const int Blocking = 6;
            using var gate = new ManualResetEventSlim();
            var listener = await world.ListenAsync();
            var pairs = new List<(TestEnd Client, TestEnd Server)>();
            for (var i = 0; i < 2 * Blocking; i++)
                pairs.Add(await world.ConnectAsync(listener));
            var blocked = 0;
            var handlers = pairs.Take(Blocking).Select(async pair =>
            {
                await pair.Server.ReceiveAsync(1);
                Interlocked.Increment(ref blocked);
                gate.Wait(TestContext.Current.CancellationToken);
            }).ToList();
            foreach (var (client, _) in pairs)
                await client.SendAsync("x");
            await world.BecomesTrueAsync(() => Volatile.Read(ref blocked) == Blocking);
            foreach (var (client, server) in pairs.Skip(Blocking))
            {
                await server.ShouldReceiveAsync("x");
                await server.SendAsync("y");
                await client.ShouldReceiveAsync("y");
            }

            gate.Set();
            await world.Soon(Task.WhenAll(handlers));
        });

    [Theory, ClassData<EachEngine>]
    public Task On_the_pool_what_a_handler_flushed_is_sent_though_it_blocks_then(LinuxEngine engine) =>
        new LinuxFixture(engine, threads: 1).RunAsync(new(), async world =>
        {
            using var gate = new ManualResetEventSlim();
            for (var i = 0; i < 20; i++)
            {
                gate.Reset();
                var (client, server) = await world.ConnectAsync();
                var reading = server.Input.ReadAsync();
                var handling = Task.Run(async () =>
                {
                    await reading;
                    server.Output.Write("answer"u8);
                    _ = server.Output.FlushAsync().AsTask();
                    gate.Wait(TestContext.Current.CancellationToken);
                });
                await client.SendAsync("question");
                await client.ShouldReceiveAsync("answer");
                gate.Set();
                await world.Soon(handling);
                server.Input.AdvanceTo(default);
            }
        });

    [Theory, ClassData<EachEngine>]
    public Task Inline_a_handler_that_blocks_holds_up_its_own_engine_thread_only(LinuxEngine engine) =>
        new LinuxFixture(engine, inline: true, threads: 2).RunAsync(new(), async world =>
        {
            using var gate = new ManualResetEventSlim();
            var listener = await world.ListenAsync();
            using Socket client = await ConnectClientAsync(listener.EndPoint);
            using Socket otherClient = await ConnectClientAsync(listener.EndPoint);
            var (server, other) = (await world.AcceptAsync(listener), await world.AcceptAsync(listener));
            Assert.NotSame(Thread(server), Thread(other));
            var blocked = 0;
            async Task BlockAsync()
            {
                await server.Input.ReadAsync();
                Volatile.Write(ref blocked, Environment.CurrentManagedThreadId);
                gate.Wait(TestContext.Current.CancellationToken);
                server.Input.AdvanceTo(default);
            }

            var handling = BlockAsync();
            await client.SendAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
            await world.BecomesTrueAsync(() => Volatile.Read(ref blocked) != 0);
            await otherClient.SendAsync("y"u8.ToArray(), TestContext.Current.CancellationToken);
            await other.ShouldReceiveAsync("y");
            gate.Set();
            await world.Soon(handling);
        });

    /// <summary>The first accept is not on an engine thread: it does not wait for a client that is in the queue.</summary>
    [Theory, ClassData<EachEngine>]
    public Task Inline_the_handlers_of_clients_that_came_before_the_server_start_on_their_engine_threads(LinuxEngine engine) =>
        new LinuxFixture(engine, inline: true, threads: 2).RunAsync(new(), async (_, transport) =>
        {
            using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listening.Listen();
            using Socket client = await ConnectClientAsync(listening.LocalEndPoint!);
            using Socket otherClient = await ConnectClientAsync(listening.LocalEndPoint!);
            var starts = Channel.CreateUnbounded<(EngineThread Thread, bool IsCurrent)>();

            await using var server = await SockeyeServer.StartAsync(options =>
            {
                options.Transport = transport;
                options.Listen(new FileHandleEndPoint((ulong)listening.Handle, FileHandleType.Tcp)).Run(connection =>
                {
                    var thread = ((EngineConnection)connection).Thread;
                    Assert.True(starts.Writer.TryWrite((thread, thread.IsCurrent)));
                    return Task.CompletedTask;
                });
            }, TestContext.Current.CancellationToken);

            var first = await starts.Reader.ReadAsync(TestContext.Current.CancellationToken);
            var second = await starts.Reader.ReadAsync(TestContext.Current.CancellationToken);
            Assert.NotSame(first.Thread, second.Thread);
            Assert.True(first.IsCurrent && second.IsCurrent, "Each handler starts on the thread of its connection.");
        });

    [Theory, ClassData<EachEngine>]
    public Task Inline_a_handler_may_throw_and_end_another_ones_wait(LinuxEngine engine) =>
        new LinuxFixture(engine, inline: true, threads: 1).RunAsync(new(), async world =>
        {
            var (client, server) = await world.ConnectAsync();
            var (_, waiting) = await world.ConnectAsync();
            var otherWait = waiting.Input.ReadAsync().AsTask();
            async Task HandleAsync()
            {
                var read = await server.Input.ReadAsync();
                server.Input.AdvanceTo(read.Buffer.End);
                waiting.Input.CancelPendingRead();
                throw new InvalidOperationException("thrown on the engine thread");
            }

            var handling = HandleAsync();
            await client.SendAsync("x");
            await Assert.ThrowsAsync<InvalidOperationException>(() => world.Soon(handling));
            var read = await world.Soon(otherWait);
            Assert.True(read.IsCanceled);
            waiting.Input.AdvanceTo(read.Buffer.End);
            await client.SendAsync("y");
            await server.ShouldReceiveAsync("y");
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task A_handler_may_flush_to_very_many_connections_at_once(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline, threads: 1).RunAsync(new() { Backlog = 4096 }, async world =>
        {
            const int Members = 1500;
            var listener = await world.ListenAsync();
            var (client, server) = await world.ConnectAsync(listener);
            var flushes = new List<Task>();
            var pairs = new List<(TestEnd Client, TestEnd Server)>();
            for (var i = 0; i < Members; i++)
                pairs.Add(await world.ConnectAsync(listener));
            async Task BroadcastAsync()
            {
                var read = await server.Input.ReadAsync();
                server.Input.AdvanceTo(read.Buffer.End);
                foreach (var (_, member) in pairs)
                {
                    member.Output.Write("to all"u8);
                    flushes.Add(member.Output.FlushAsync().AsTask());
                }
            }

            var broadcasting = BroadcastAsync();
            await client.SendAsync("x");
            await world.Soon(broadcasting);
            await world.Soon(Task.WhenAll(flushes));
            foreach (var (member, _) in pairs)
                await member.ShouldReceiveAsync("to all");
        });

    private static async Task<Socket> ConnectClientAsync(EndPoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        return socket;
    }

    private static EngineThread Thread(TestEnd end) => ((EngineConnection)end.Connection).Thread;
}
