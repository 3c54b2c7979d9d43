using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>What only real sockets have: buffers of the kernel, and many of them.</summary>
public sealed class SocketConnectionTests
{
    private static readonly SocketFixture Tcp = new(AddressFamily.InterNetwork);
    private static readonly Pattern Pattern = new(seed: 1);

    [Fact]
    public Task A_thousand_idle_connections_hold_no_buffer() => Tcp.RunAsync(new TransportSettings(), async world =>
    {
        var listener = await world.ListenAsync();
        List<(TestEnd Client, TestEnd Server)> pairs = [];
        for (var i = 0; i < 1000; i++)
            pairs.Add(await world.ConnectAsync(listener));
        Assert.Equal(0, world.RentedBuffers());

        await Task.WhenAll(pairs.Select(async pair =>
        {
            await pair.Client.SendAsync("ping");
            await pair.Server.ShouldReceiveAsync("ping");
            await pair.Server.SendAsync("pong");
            await pair.Client.ShouldReceiveAsync("pong");
        }));
        await world.BecomesTrueAsync(() => world.RentedBuffers() == 0);
    });

    [Fact]
    public Task Locks_on_what_a_handler_holds_stop_no_other_connection() => Tcp.RunAsync(new TransportSettings(), async world =>
    {
        var listener = await world.ListenAsync();
        var (client, server) = await world.ConnectAsync(listener);
        var (otherClient, other) = await world.ConnectAsync(listener);
        using var gate = new ManualResetEventSlim();
        var held = new TaskCompletionSource();
        var handling = Task.Factory.StartNew(
            () =>
            {
                lock (server.Connection)
                lock (server.Connection.Transport)
                lock (server.Connection.Features)
                lock (server.Input)
                lock (server.Output)
                lock (listener)
                {
                    // More than the peer takes: the pump waits for the socket again and again.
                    server.Output.Write(new byte[1024 * 1024]);
                    _ = server.Output.FlushAsync(TestContext.Current.CancellationToken).AsTask();
                    held.SetResult();
                    gate.Wait(TestContext.Current.CancellationToken);
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await world.Soon(held.Task);
        await client.SendAsync("for the input that is locked");
        await other.SendAsync("question");
        await otherClient.ShouldReceiveAsync("question");
        var (nextClient, next) = await world.ConnectAsync(listener);
        await next.SendAsync("question");
        await nextClient.ShouldReceiveAsync("question");
        await world.BecomesTrueAsync(() => server.BytesReceived > 0);
        gate.Set();
        await world.Soon(handling);
        server.Connection.Abort();
    });

    [Fact]
    public Task Clients_that_left_while_they_waited_are_no_error_of_accept() =>
        Tcp.RunAsync(new TransportSettings(), async world =>
        {
            const int Left = 20;
            var listener = await world.ListenAsync();
            for (var i = 0; i < Left; i++)
            {
                var gone = await world.ConnectClientAsync(listener, TestContext.Current.CancellationToken);
                gone.Connection.Abort();
                await world.Soon(gone.Closed);
            }

            var client = await world.ConnectClientAsync(listener, TestContext.Current.CancellationToken);
            var server = await world.AcceptAsync(listener, TestContext.Current.CancellationToken);
            while (!Equals(server.Connection.RemoteEndPoint, client.Connection.LocalEndPoint))
                server = await world.AcceptAsync(listener, TestContext.Current.CancellationToken);
            await server.SendAsync("accepted");
            await client.ShouldReceiveAsync("accepted");
        });

    [Fact]
    public Task A_send_that_meets_a_reset_leaves_what_the_kernel_has_to_the_reader()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems drop what was not received when a reset comes.");
        return Tcp.RunAsync(new TransportSettings { MaxReadBufferSize = 4096, SmallSystemBuffers = true }, async world =>
        {
            var (client, server) = await world.ConnectAsync();
            var offering = client.Output.WriteAsync(Pattern.Take(1_000_000), TestContext.Current.CancellationToken).AsTask();
            await world.BecomesTrueAsync(() => server.BytesReceived >= 4096 && SocketOf(server).Available > 0);
            client.Connection.Abort();
            await world.Soon(client.Closed);
            Assert.True((await world.Soon(offering)).IsCompleted);

            await server.SendUntilGoneAsync();
            await world.BecomesTrueAsync(() => server.Reason is not null);
            var pumped = server.BytesReceived;
            var read = 0L;
            await Assert.ThrowsAsync<ConnectionResetException>(async () =>
            {
                while (true)
                {
                    var result = await server.ReadAsync(TestContext.Current.CancellationToken);
                    Pattern.Check(result.Buffer, read);
                    read += result.Buffer.Length;
                    server.Input.AdvanceTo(result.Buffer.End);
                }
            });
            Assert.True(read > pumped, $"{read} bytes were read, {pumped} of them had left the kernel before");
            await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
        });
    }

    [Fact]
    public Task Dispose_waits_for_a_peer_that_reads_slowly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the system does not report what the peer has received.");
        const int Length = 16_000_000;
        const int Sip = 64 * 1024;
        var time = new SignallingTime();
        return Tcp.RunAsync(new SocketTransportOptions { Pool = new(), Segments = new(), TimeProvider = time }, async world =>
        {
            var (client, server) = await world.ConnectAsync();
            client.Output.Write(Pattern.Take(Length));
            var closing = client.Connection.DisposeAsync().AsTask();
            var taken = 0L;
            for (var round = 0; round < 5; round++)
            {
                await world.Soon(time.TimerCreated());
                var before = TcpInfo.Read(SocketOf(client))!.BytesAcknowledged;
                while (TcpInfo.Read(SocketOf(client))!.BytesAcknowledged == before)
                {
                    await server.ReceiveAsync(Pattern, Sip, taken);
                    taken += Sip;
                }

                time.Advance(TimeSpan.FromSeconds(5)); // CloseTimeout
            }

            await server.ReceiveAsync(Pattern, Length - taken, taken);
            await server.ReceiveFinAsync();
            await server.DisposeAsync();
            await world.Soon(closing);
            await client.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        });
    }

    private static Socket SocketOf(TestEnd end) => end.Connection.Features.Get<IConnectionSocketFeature>()!.Socket;

    /// <summary>A clock that stands still, and signals when a wait for it has begun.</summary>
    private sealed class SignallingTime : FakeTimeProvider
    {
        private readonly SemaphoreSlim _created = new(0);

        public Task TimerCreated() => _created.WaitAsync(TestContext.Current.CancellationToken);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _created.Release();
            return timer;
        }
    }
}
