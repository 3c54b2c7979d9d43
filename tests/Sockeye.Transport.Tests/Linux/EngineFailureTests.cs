using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>What the system refuses to one connection, or goes wrong in serving it, ends that connection and nothing
/// else.</summary>
public sealed class EngineFailureTests
{
    /// <summary>By then the kernel has accepted what it has room for.</summary>
    private static readonly TimeSpan LongBlock = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task A_connection_that_cannot_be_watched_ends_alone_and_says_why(LinuxEngine engine, bool inline)
    {
        var refusal = Errno.None;
        return NewFixture(engine, inline, _ => refusal).RunAsync(new(), async world =>
        {
            var listener = await world.ListenAsync();
            var (client, server) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(client, server); // The engine has registered both by now.
            using var unlucky = NewSocket();
            await unlucky.ConnectAsync(listener.EndPoint, Cancelled);
            refusal = Errno.NoSpace;
            var refused = await world.AcceptAsync(listener);
            await refused.ShouldEndAsync(ClosedBy.Local, CloseCause.Abort);
            Assert.IsType<SocketException>(refused.Reason!.Exception);
            if (engine is LinuxEngine.Epoll)
                Assert.Contains("sysctl -w fs.epoll.max_user_watches=N", refused.Reason.Description, StringComparison.Ordinal);
            var error = await Assert.ThrowsAsync<SocketException>(() => unlucky.ReceiveAsync(new byte[1], Cancelled).AsTask());
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
            await Assert.ThrowsAsync<ConnectionAbortedException>(() => refused.ReadAsync(Cancelled));

            refusal = Errno.None;
            await ShouldTalkAsync(client, server);
            var (nextClient, nextServer) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(nextClient, nextServer);
        });
    }

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task A_fault_of_the_engine_ends_the_connection_though_others_close_it_just_then(LinuxEngine engine, bool inline)
    {
        var isFaulty = false;
        Errno Fail(int descriptor) =>
            Volatile.Read(ref isFaulty) ? throw new InvalidOperationException("a fault") : Errno.None;
        return NewFixture(engine, inline, Fail).RunAsync(new(), async world =>
        {
            var listener = await world.ListenAsync();
            for (var i = 0; i < 50; i++)
            {
                using var unlucky = NewSocket();
                await unlucky.ConnectAsync(listener.EndPoint, Cancelled);
                Volatile.Write(ref isFaulty, true);
                var refused = await world.AcceptAsync(listener);
                if (i % 2 == 0)
                    refused.Connection.Abort();
                else
                    await refused.SendFinAsync();
                await refused.DisposeAsync();
                Assert.False(refused.Reason!.IsOrderly);
                Volatile.Write(ref isFaulty, false);
            }

            var (client, server) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(client, server);
        });
    }

    [Theory, ClassData<EachEngine>]
    public Task An_endpoint_that_cannot_be_watched_is_an_error_of_bind_and_free_again(LinuxEngine engine)
    {
        var refusal = Errno.None;
        return NewFixture(engine, inline: false, _ => refusal).RunAsync(new(), async (world, transport) =>
        {
            var first = await world.ListenAsync();
            var endpoint = first.EndPoint;
            await first.DisposeAsync();
            refusal = Errno.NoMemory;
            var error = await Assert.ThrowsAsync<SocketException>(
                () => world.Soon(transport.BindAsync(endpoint, Cancelled).AsTask()));
            Assert.Equal(SocketError.NoBufferSpaceAvailable, error.SocketErrorCode);

            refusal = Errno.None;
            var (client, server) = await world.ConnectAsync(await world.ListenAsync(endpoint));
            await ShouldTalkAsync(client, server);
        });
    }

    [Theory, ClassData<EachEngine>]
    public Task A_connect_that_cannot_be_watched_is_an_error_and_the_next_one_is_not(LinuxEngine engine)
    {
        var refusal = Errno.None;
        return NewFixture(engine, inline: false, _ => refusal).RunAsync(new(), async (world, transport) =>
        {
            var listener = await world.ListenAsync();
            refusal = Errno.NoSpace;
            var error = await Assert.ThrowsAsync<SocketException>(
                () => world.Soon(transport.ConnectAsync(listener.EndPoint, Cancelled).AsTask()));
            Assert.Equal(SocketError.NoBufferSpaceAvailable, error.SocketErrorCode);

            refusal = Errno.None;
            await (await world.AcceptAsync(listener)).DisposeAsync(); // The handshake was through by itself.
            var (client, server) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(client, server);
        });
    }

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Without_memory_to_receive_into_the_connection_that_needs_it_ends_alone(LinuxEngine engine, bool inline)
    {
        var hasMemory = true;
        EngineSetup CreateSetup(LinuxEngine engine, SocketTransportOptions sockets) => new(engine, sockets)
        {
            Pool = new(_ =>
            {
                if (!Volatile.Read(ref hasMemory))
                    throw new InsufficientMemoryException("none left");
            }),
        };
        var fixture = new LinuxFixture(engine, inline, threads: 1)
        {
            CreateSetup = CreateSetup,
            RingSettings = new() { SmallBuffers = 4, MaxSmallBuffers = 4, LargeBuffers = 2 },
        };
        return fixture.RunAsync(new(), async world =>
        {
            var listener = await world.ListenAsync();
            var sockets = new List<Socket>();
            var servers = new List<TestEnd>();
            for (var i = 0; i < 8; i++)
            {
                sockets.Add(NewSocket());
                await sockets[i].ConnectAsync(listener.EndPoint, Cancelled);
                servers.Add(await world.AcceptAsync(listener));
            }

            // The handlers do not read: io_uring has few buffers, and copies what arrives in the last of them.
            Volatile.Write(ref hasMemory, false);
            var unlucky = 0;
            for (; unlucky < servers.Count && servers[unlucky].Reason is null; unlucky++)
            {
                var server = servers[unlucky];
                await sockets[unlucky].SendAsync("x"u8.ToArray(), Cancelled);
                await world.BecomesTrueAsync(() => server.BytesReceived == 1 || server.Reason is not null);
                if (server.Reason is not null)
                    break;
            }

            Volatile.Write(ref hasMemory, true);
            Assert.InRange(unlucky, 0, servers.Count - 2);
            await servers[unlucky].ShouldEndAsync(ClosedBy.Local, CloseCause.Abort);
            Assert.IsType<InsufficientMemoryException>(servers[unlucky].Reason!.Exception);
            for (var i = 0; i < servers.Count; i++)
            {
                if (i > unlucky)
                    await sockets[i].SendAsync("x"u8.ToArray(), Cancelled);
                if (i != unlucky)
                    await servers[i].ShouldReceiveAsync("x");
                sockets[i].Dispose();
            }
        });
    }

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task A_close_that_fails_half_way_is_completed_and_closes_its_descriptor_once(LinuxEngine engine, bool inline)
    {
        var failures = 0;
        Socket? successor = null;
        void FailOnce(int size)
        {
            if (Interlocked.CompareExchange(ref failures, 2, 1) != 1)
                return;
            successor = NewSocket(); // The system gives it the number that was closed just now.
            throw new InsufficientMemoryException("none left");
        }

        var fixture = new LinuxFixture(engine, inline, threads: 1)
        {
            CreateSetup = (engine, sockets) => new(engine, sockets) { Pool = new(onReturn: FailOnce) },
        };
        return fixture.RunAsync(new() { SmallSystemBuffers = true }, async world =>
        {
            var listener = await world.ListenAsync();
            using var peer = NewSocket();
            await peer.ConnectAsync(listener.EndPoint, Cancelled);
            var server = await world.AcceptAsync(listener);
            var flushing = server.Output.WriteAsync(new byte[8_000_000], Cancelled).AsTask();
            await world.BecomesTrueAsync(() => ((EngineConnection)server.Connection).SendBlockedFor > LongBlock);
            Volatile.Write(ref failures, 1); // Unsent memory comes back when the descriptor is closed.
            server.Connection.Abort();

            Assert.True((await world.Soon(flushing)).IsCompleted);
            await world.Soon(server.Closed);
            await world.Soon(server.DisposeAsync());
            Assert.Equal(2, Volatile.Read(ref failures));
            using var open = successor!;
            open.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var (nextClient, nextServer) = await world.ConnectAsync(listener);
            await ShouldTalkAsync(nextClient, nextServer);
        });
    }

    private static LinuxFixture NewFixture(LinuxEngine engine, bool inline, Func<int, Errno> refuse) =>
        new(engine, inline, threads: 1)
    {
        CreateSetup = (engine, sockets) => new(engine, sockets) { RefuseToRegister = refuse },
    };

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static async Task ShouldTalkAsync(TestEnd client, TestEnd server)
    {
        await client.SendAsync("question");
        await server.ShouldReceiveAsync("question");
        await server.SendAsync("answer");
        await client.ShouldReceiveAsync("answer");
    }
}
