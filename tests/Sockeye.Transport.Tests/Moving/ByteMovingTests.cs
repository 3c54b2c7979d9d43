using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Transport.Tests.Moving;

/// <summary>Connections of byte handlers that move between two servers.</summary>
public sealed class ByteMovingTests
{
    public static TheoryData<string> Pairs => MovingServers.Pairs;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Pairs))]
    public async Task Busy_echo_moves_twenty_times_without_losing_or_repeating_a_byte(string pair)
    {
        await using var servers = await MovingServers.StartAsync(pair, static (listen, _) => listen.UseMoving().Run(EchoAsync));
        using var client = await servers.ConnectAsync();
        const int Total = 4 << 20;
        var writing = Task.Run(() => WritePatternAsync(client, Total), Token);
        await ReadPatternAsync(client, 0, 1);
        var reading = Task.Run(() => ReadPatternAsync(client, 1, Total), Token);
        for (var i = 0; i < 20; i++)
        {
            var (moved, refusals) = await servers.MoveAsync(from: i % 2);
            Assert.Equal([], refusals);
            Assert.Equal(1, moved);
        }

        await writing;
        await reading;
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Unread_and_unsent_bytes_and_the_state_of_the_handler_move(string pair)
    {
        var continued = new TaskCompletionSource<ConnectionContext>();
        await using var servers = await MovingServers.StartAsync(pair, (listen, _) => listen.UseMoving().Run(async connection =>
        {
            if (connection.IsContinued)
            {
                continued.SetResult(connection);
                await EchoAsync(connection);
                return;
            }

            var input = connection.Transport.Input;
            var read = await input.ReadAtLeastAsync(5, CancellationToken.None);
            input.AdvanceTo(read.Buffer.GetPosition(3)); // "abc" is consumed, "de" is not.
            connection.Transport.Output.Write("written"u8);
            await connection.MoveRequested.WhenCancelledAsync();
            Assert.True(await connection.MoveAsync("my state"u8.ToArray()));
            Assert.True(connection.HasMoved);
            await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await input.ReadAsync(CancellationToken.None));
        }));
        using var client = await servers.ConnectAsync();
        await client.SendAsync("abcde"u8.ToArray(), Token);
        ConnectionSnapshot? moved = null;
        while (servers.Old.GetConnections() is not [{ State: ConnectionState.Open }])
            await Task.Yield();
        await servers.MoveAsync(inBetween: connection =>
        {
            moved = connection.Snapshot;
            return Task.CompletedTask;
        });

        Assert.Equal("writtende", await ReceiveTextAsync(client, 9));
        var connection = await continued.Task;
        Assert.Equal("my state", Encoding.UTF8.GetString(connection.ContinuedState.Span));
        Assert.Equal(moved!.ConnectionId, connection.ConnectionId);
        Assert.Equal((client.LocalEndPoint, client.RemoteEndPoint), (connection.RemoteEndPoint, connection.LocalEndPoint));
        Assert.Equal((5, "de", "written"), (moved.BytesReceived, Text(moved.Unread), Text(moved.Unsent)));
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Refused_move_leaves_the_connection_served_as_before(string pair)
    {
        await using var servers = await MovingServers.StartAsync(pair, static (listen, index) =>
        {
            if (index == 0)
                listen.UseMoving().Run(EchoAsync);
            else
                listen.Run(EchoAsync);
        });
        using var client = await servers.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await EchoOnceAsync(client, $"before {i}");
            var (moved, refusals) = await servers.MoveAsync();
            Assert.Equal(0, moved);
            Assert.Equal(MoveRefusalKind.NotAccepted, Assert.Single(refusals).Kind);
        }

        await EchoOnceAsync(client, "after");
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task End_of_the_peer_that_comes_during_the_move_reaches_the_new_server(string pair)
    {
        var ended = new TaskCompletionSource<string>();
        await using var servers = await MovingServers.StartAsync(pair, (listen, _) => listen.UseMoving().Run(async connection =>
        {
            await EchoAsync(connection);
            if (!connection.HasMoved)
                ended.SetResult("FIN");
        }));
        using var client = await servers.ConnectAsync();
        await EchoOnceAsync(client, "hello");
        var (moved, _) = await servers.MoveAsync(inBetween: async _ =>
        {
            await client.SendAsync("last"u8.ToArray(), Token);
            client.Shutdown(SocketShutdown.Send);
        });

        Assert.Equal(1, moved);
        Assert.Equal("last", await ReceiveTextAsync(client, 4));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1], Token));
        Assert.Equal("FIN", await ended.Task);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Reset_of_the_peer_that_comes_during_the_move_reaches_the_new_server(string pair)
    {
        var failed = new TaskCompletionSource<CloseReason?>();
        await using var servers = await MovingServers.StartAsync(pair, (listen, _) => listen.UseMoving().Run(async connection =>
        {
            try
            {
                await EchoAsync(connection);
            }
            catch (Exception) when (!connection.HasMoved)
            {
                failed.SetResult(connection.CloseReason);
                throw;
            }
        }));
        using var client = await servers.ConnectAsync();
        await EchoOnceAsync(client, "hello");
        var (moved, _) = await servers.MoveAsync(inBetween: _ =>
        {
            client.Close(timeout: 0);
            return Task.CompletedTask;
        });

        Assert.Equal(1, moved);
        Assert.Equal(CloseCause.Reset, (await failed.Task)?.Cause);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Bytes_for_a_slow_reader_move_in_order(string pair)
    {
        const int Total = 16 << 20;
        var requested = new TaskCompletionSource();
        await using var servers = await MovingServers.StartAsync(
            pair, (listen, _) => listen.UseMoving(maxStateSize: 8).Run(StreamAsync));
        using var client = await servers.ConnectAsync();
        client.ReceiveBufferSize = 1 << 16; // The system does not enlarge it then.
        await client.SendAsync("x"u8.ToArray(), Token);
        await ReadPatternAsync(client, 0, Total / 2);
        // All buffers are full when the move is requested, and the portable transport has a send in flight, which only reading
        // ends. The buffers hold less than the half that is still to come.
        var reading = Task.Run(
            async () =>
            {
                await requested.Task;
                await ReadPatternAsync(client, Total / 2, Total);
            }, Token);
        var moves = 0;
        for (var i = 0; i < 10; i++)
            moves += (await servers.MoveAsync(from: i % 2)).Moved;
        Assert.True(moves > 0, "It never moved.");
        await reading;

        async Task StreamAsync(ConnectionContext connection)
        {
            using var request = connection.MoveRequested.Register(() => requested.TrySetResult());
            var output = connection.Transport.Output;
            var at = connection.IsContinued ? BitConverter.ToInt32(connection.ContinuedState.Span) : 0;
            var block = new byte[8192];
            while (at < Total)
            {
                if (connection.MoveRequested.IsCancellationRequested && await connection.MoveAsync(BitConverter.GetBytes(at)))
                    return;
                for (var i = 0; i < block.Length; i++)
                    block[i] = PatternAt(at + i);
                await output.WriteAsync(block, CancellationToken.None);
                at += block.Length;
            }
        }
    }

    [Fact]
    public async Task Handler_that_does_not_answer_and_endpoint_without_moving_say_why()
    {
        await using var servers = await MovingServers.StartAsync("epoll to epoll", static (listen, index) =>
        {
            if (index == 0)
                listen.UseMoving().Run(static connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output));
            else
                listen.Run(EchoAsync);
        });
        using var first = await servers.ConnectAsync(0);
        using var second = await servers.ConnectAsync(1);
        await EchoOnceAsync(first, "first");
        await EchoOnceAsync(second, "second");
        var options = new DetachOptions { HandlerTimeout = TimeSpan.FromMilliseconds(50) };
        Assert.Equal(MoveRefusalKind.HandlerBusy, Assert.Single((await servers.MoveAsync(0, options)).Refusals).Kind);
        Assert.Equal(MoveRefusalKind.NotMovable, Assert.Single((await servers.MoveAsync(1, options)).Refusals).Kind);
        await EchoOnceAsync(first, "still");
        await EchoOnceAsync(second, "here");
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Clock_of_the_idle_timeout_and_the_age_continue(string pair)
    {
        var time = new FakeTimeProvider();
        await using var servers = await MovingServers.StartAsync(
            pair,
            static (listen, _) => listen.UseMoving().UseIdleTimeout(TimeSpan.FromSeconds(60)).Run(EchoAsync),
            options => options.TimeProvider = time);
        using var client = await servers.ConnectAsync();
        await EchoOnceAsync(client, "hello");
        time.Advance(TimeSpan.FromSeconds(40));
        ConnectionSnapshot? snapshot = null;
        await servers.MoveAsync(inBetween: connection =>
        {
            snapshot = connection.Snapshot;
            return Task.CompletedTask;
        });
        Assert.Equal(40, snapshot!.Age.TotalSeconds, tolerance: 1);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(50, Assert.Single(servers.New.GetConnections()).Age.TotalSeconds, tolerance: 1);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Socket_has_one_descriptor_after_each_move_and_return(string pair)
    {
        await using var servers = await MovingServers.StartAsync(pair, static (listen, _) => listen.UseMoving().Run(EchoAsync));
        using var client = await servers.ConnectAsync();
        await EchoOnceAsync(client, "hello");
        string? socket = null;
        for (var i = 0; i < 20; i++)
        {
            await servers.MoveAsync(i % 2, inBetween: connection =>
            {
                using var handle = connection.DuplicateHandle();
                socket ??= GetTarget($"/proc/self/fd/{handle.DangerousGetHandle()}");
                return Task.CompletedTask;
            });
            await EchoOnceAsync(client, $"{i}");
            Assert.Equal(1, CountDescriptors());
        }

        await foreach (var connection in servers.Old.DetachConnectionsAsync(cancellationToken: Token))
        {
            connection.DuplicateHandle().Dispose();
            await connection.ReturnAsync();
        }

        await EchoOnceAsync(client, "returned");
        Assert.Equal(1, CountDescriptors());

        static string? GetTarget(string entry) => new FileInfo(entry).LinkTarget;

        int CountDescriptors() =>
            Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry => GetTarget(entry) == socket);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static async Task EchoOnceAsync(Socket client, string text)
    {
        await client.SendAsync(Encoding.UTF8.GetBytes(text), Token);
        Assert.Equal(text, await ReceiveTextAsync(client, text.Length));
    }

    private static async Task<string> ReceiveTextAsync(Socket client, int length)
    {
        var bytes = new byte[length];
        for (var received = 0; received < length;)
        {
            var count = await client.ReceiveAsync(bytes.AsMemory(received), Token);
            Assert.True(count > 0, $"The connection ended after {received} of {length} bytes.");
            received += count;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            using var waking = connection.MoveRequested.UnsafeRegister(_ => input.CancelPendingRead(), null);
            if (connection.MoveRequested.IsCancellationRequested && await connection.MoveAsync())
                return;
            var read = await input.ReadAsync(CancellationToken.None);
            foreach (var segment in read.Buffer)
                await output.WriteAsync(segment, CancellationToken.None);
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    private static async Task WritePatternAsync(Socket client, int total)
    {
        var block = new byte[1 << 14];
        for (var sent = 0; sent < total; sent += block.Length)
        {
            for (var i = 0; i < block.Length; i++)
                block[i] = PatternAt(sent + i);
            for (var rest = block.AsMemory(); !rest.IsEmpty;)
                rest = rest[await client.SendAsync(rest, Token)..];
        }
    }

    /// <summary>Reads the pattern between two positions.</summary>
    private static async Task ReadPatternAsync(Socket client, int from, int to)
    {
        var block = new byte[1 << 14];
        for (var received = from; received < to;)
        {
            var count = await client.ReceiveAsync(block.AsMemory(0, Math.Min(block.Length, to - received)), Token);
            Assert.True(count > 0, $"The connection ended after {received} of {to} bytes.");
            for (var i = 0; i < count; i++)
            {
                if (block[i] != PatternAt(received + i))
                    Assert.Fail($"Byte {received + i} is wrong.");
            }

            received += count;
        }
    }

    private static byte PatternAt(int position)
    {
        var index = (uint)position / 4;
        return (byte)(((index * 2654435761u) ^ (index >> 7)) >> (8 * (position % 4)));
    }
}
