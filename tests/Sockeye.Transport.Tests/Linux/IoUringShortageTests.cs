using System.Buffers;
using System.Net.Sockets;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>
/// io_uring with next to nothing: 8 submissions, 16 completions, 8 buffers of 4 KiB and 2 of 64 KiB. Rings overflow and buffers
/// run out all the time, and nothing is lost by it.
/// </summary>
public sealed class IoUringShortageTests
{
    [Theory, InlineData(false), InlineData(true)]
    public Task Very_many_connections_lose_nothing(bool inline) =>
        NewFixture(inline).RunAsync(new() { Backlog = 4096 }, async world =>
    {
        const int Connections = 300;
        const int Rounds = 10;
        var listener = await world.ListenAsync();
        var pairs = new List<(TestEnd Client, TestEnd Server)>();
        for (var i = 0; i < Connections; i++)
            pairs.Add(await world.ConnectAsync(listener));
        await world.Soon(Task.WhenAll(pairs.Select((pair, number) => Task.Run(async () =>
        {
            // From a byte to more than all buffers of the kernel together.
            var length = number % 10 == 0 ? 150_000 : 1 + (number * 37);
            var pattern = new Pattern(number);
            var echoing = EchoAsync(pair.Server);
            for (var round = 0; round < Rounds; round++)
                await Task.WhenAll(
                    pair.Client.SendAsync(pattern, length, chunk: 5000), pair.Client.ReceiveAsync(pattern, length));
            await pair.Client.SendFinAsync();
            await echoing;
        }))));
    });

    [Theory, InlineData(false), InlineData(true)]
    public Task Readers_that_are_slow_leave_buffers_to_the_others(bool inline) =>
        NewFixture(inline).RunAsync(new(), async world =>
    {
        const int Slow = 40;
        const int Length = 20_000;
        var pattern = new Pattern(seed: 7);
        var listener = await world.ListenAsync();
        var slow = new List<(TestEnd Client, TestEnd Server)>();
        for (var i = 0; i < Slow; i++)
        {
            slow.Add(await world.ConnectAsync(listener));
            var (client, server) = slow[i];
            await client.SendAsync(pattern, Length);
            await world.BecomesTrueAsync(() => server.BytesReceived == Length);
        }

        var (fastClient, fastServer) = await world.ConnectAsync(listener);
        await world.Soon(Task.WhenAll(fastClient.SendAsync(pattern, 5_000_000), fastServer.ReceiveAsync(pattern, 5_000_000)));
        foreach (var (_, server) in slow)
            await server.ReceiveAsync(pattern, Length);
    });

    [Theory, InlineData(false), InlineData(true)]
    public Task One_handler_may_flush_to_thousands_of_connections(bool inline) =>
        NewFixture(inline).RunAsync(new() { Backlog = 4096 }, async world =>
        {
            const int Members = 5000;
            var listener = await world.ListenAsync();
            var (client, server) = await world.ConnectAsync(listener);
            var clients = new List<Socket>();
            var members = new List<TestEnd>();
            try
            {
                for (var i = 0; i < Members; i++)
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    clients.Add(socket);
                    await socket.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
                    members.Add(await world.AcceptAsync(listener));
                }

                var flushes = new List<Task>();
                async Task BroadcastAsync()
                {
                    var read = await server.Input.ReadAsync();
                    server.Input.AdvanceTo(read.Buffer.End);
                    foreach (var member in members)
                    {
                        member.Output.Write("to all"u8);
                        flushes.Add(member.Output.FlushAsync().AsTask());
                    }
                }

                var broadcasting = BroadcastAsync();
                await client.SendAsync("x");
                await world.Soon(broadcasting);
                await world.Soon(Task.WhenAll(flushes));
                var bytes = new byte[100];
                foreach (var socket in clients)
                {
                    var length = 0;
                    while (length < "to all".Length)
                        length += await socket.ReceiveAsync(bytes.AsMemory(length), TestContext.Current.CancellationToken);
                    Assert.Equal("to all"u8, bytes.AsSpan(0, length));
                }
            }
            finally
            {
                foreach (var socket in clients)
                    socket.Dispose();
            }
        });

    private static LinuxFixture NewFixture(bool inline) =>
        new(LinuxEngine.IoUring, inline, threads: 1) { RingSettings = LinuxFixture.Scarce };

    private static async Task EchoAsync(TestEnd end)
    {
        while (true)
        {
            var read = await end.Input.ReadAsync();
            foreach (var segment in read.Buffer)
                end.Output.Write(segment.Span);
            end.Input.AdvanceTo(read.Buffer.End);
            await end.Output.FlushAsync();
            if (read.IsCompleted)
                break;
        }

        await end.SendFinAsync();
    }
}
