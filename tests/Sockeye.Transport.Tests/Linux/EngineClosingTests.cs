using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>Connections end while the kernel is busy with them. Counts sockets of the process, so nothing else may run.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class EngineClosingTests
{
    private const int MaxReadBufferSize = 32 * 1024;

    private static readonly TransportSettings Settings = new()
    {
        MaxReadBufferSize = MaxReadBufferSize, MaxWriteBufferSize = 16 * 1024, SmallSystemBuffers = true,
    };

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task A_reader_that_comes_back_after_the_end_does_not_keep_the_peers_fin_away(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(Settings with { LingerTimeout = TimeSpan.FromHours(1) }, async world =>
        {
            const int Length = 10 * MaxReadBufferSize;
            var pattern = new Pattern(seed: 8);
            var (client, server) = await world.ConnectAsync();
            var sending = client.SendAsync(pattern, Length);
            await world.BecomesTrueAsync(() => server.BytesReceived >= MaxReadBufferSize); // Receiving pauses.
            await server.ReadAsync(TestContext.Current.CancellationToken);
            var disposing = server.Connection.DisposeAsync().AsTask();
            await client.ReceiveFinAsync();
            await Assert.ThrowsAsync<ConnectionAbortedException>(() => server.ReadAsync(TestContext.Current.CancellationToken));
            await world.Soon(sending);
            await client.SendFinAsync();
            await world.Soon(disposing);
            Assert.Equal(Length, server.BytesReceived);
        });

    [Theory, MemberData(nameof(Setups))]
    public Task A_reader_that_stops_holds_no_more_than_it_may_and_gets_every_byte_then(
        LinuxEngine engine, bool inline, bool isOlderKernel) =>
        NewFixture(engine, inline, isOlderKernel).RunAsync(Settings, async (world, transport) =>
        {
            const int Length = 3_000_000;
            const int Block = 4 * 1024;
            var pattern = new Pattern(seed: 9);
            var listener = await world.ListenAsync();
            using var client = await ConnectClientAsync(listener);
            var server = await world.AcceptAsync(listener);
            var sending = client.SendAsync(pattern.Take(Length), TestContext.Current.CancellationToken).AsTask();
            long from = 0;
            for (var round = 0; round < 5; round++)
            {
                // Receiving resumes when the reader has examined half of it, so that at least half is there.
                await world.BecomesTrueAsync(() => server.BytesReceived - from >= MaxReadBufferSize / 2);
                var most = MaxReadBufferSize + SegmentPool.LargeSize;
                for (var poll = 0; poll < 20; poll++)
                {
                    await Task.Yield();
                    Assert.InRange(server.BytesReceived - from, MaxReadBufferSize / 2, most);
                    // A piece of io_uring's that fits behind the last one is copied there: buffers are half full, or more.
                    Assert.InRange(
                        transport.RentedBlockCount * Block, MaxReadBufferSize / 2, (2 * most) + SegmentPool.LargeSize);
                }

                var count = 250_000 + (round * 777);
                await server.ReceiveAsync(pattern, count, from);
                from += count;
            }

            await server.ReceiveAsync(pattern, Length - from, from);
            await world.Soon(sending);
        });

    [Theory, MemberData(nameof(Setups))]
    public Task An_abort_with_a_receive_and_a_blocked_send_under_way_leaves_nothing(
        LinuxEngine engine, bool inline, bool isOlderKernel) =>
        NewFixture(engine, inline, isOlderKernel).RunAsync(Settings, async (world, transport) =>
        {
            const int Cycles = 1000;
            var listener = await world.ListenAsync();
            await CycleAsync(50);
            var before = ThisProcess.Sockets;
            await CycleAsync(Cycles);
            await world.BecomesTrueAsync(() => ThisProcess.Sockets <= before);
            await world.BecomesTrueAsync(() => transport.RentedBlockCount == 0);

            async Task CycleAsync(int count)
            {
                var random = new Random(count);
                var much = new byte[300_000];
                for (var i = 0; i < count; i++)
                {
                    using var client = await ConnectClientAsync(listener);
                    await using var server = await world.Soon(listener.AcceptAsync().AsTask());
                    var flushing = server!.Transport.Output.WriteAsync(much).AsTask();
                    var reading = server.Transport.Input.ReadAsync().AsTask();
                    // What comes while it is aborted races with that: sometimes before, sometimes after, or at once.
                    client.Blocking = false;
                    var sending = Task.Run(() => SendSome(client, much));
                    Thread.SpinWait(random.Next(20_000));
                    server.Abort();
                    Assert.True((await world.Soon(flushing)).IsCompleted);
                    await world.Soon(Task.WhenAny(reading));
                    await world.Soon(sending);
                    if (reading.IsFaulted)
                        Assert.IsType<ConnectionAbortedException>(reading.Exception!.InnerException);
                    await server.Transport.Input.CompleteAsync(); // What was read stays valid until then.
                }
            }
        });

    [Theory, MemberData(nameof(Setups))]
    public Task A_reset_during_a_large_blocked_send_ends_the_flush_with_that_reason(
        LinuxEngine engine, bool inline, bool isOlderKernel) =>
        NewFixture(engine, inline, isOlderKernel).RunAsync(Settings, async world =>
        {
            var listener = await world.ListenAsync();
            for (var i = 0; i < 30; i++)
            {
                using var client = await ConnectClientAsync(listener);
                var server = await world.AcceptAsync(listener);
                var flushing = server.Output.WriteAsync(new byte[8_000_000]).AsTask();
                var taken = await client.ReceiveAsync(new byte[50_000], TestContext.Current.CancellationToken);
                Assert.False(flushing.IsCompleted);
                client.LingerState = new(true, 0);
                client.Close();
                Assert.True((await world.Soon(flushing)).IsCompleted);
                await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
                Assert.InRange(server.BytesSent, taken, 8_000_000 - 1);
                await server.DisposeAsync();
            }
        });

    public static TheoryData<LinuxEngine, bool, bool> Setups => new()
    {
        { LinuxEngine.Epoll, false, false },
        { LinuxEngine.Epoll, true, false },
        { LinuxEngine.IoUring, false, false },
        { LinuxEngine.IoUring, true, false },
        { LinuxEngine.IoUring, true, true },
    };

    private static LinuxFixture NewFixture(LinuxEngine engine, bool inline, bool isOlderKernel) =>
        isOlderKernel ? new(engine, inline) { RingSettings = LinuxFixture.OlderKernel } : new LinuxFixture(engine, inline);

    private static async Task<Socket> ConnectClientAsync(IConnectionListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
        return socket;
    }

    private static void SendSome(Socket socket, byte[] bytes)
    {
        for (var i = 0; i < 4; i++)
            socket.Send(bytes.AsSpan(0, 1000), SocketFlags.None, out _); // The peer may have gone.
    }
}
