using System.Net;
using System.Text;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>The members of a message connection besides reading and writing: its end, its tokens and its identity.</summary>
public sealed class MessageConnectionTests
{
    private const int Seed = 41;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);
    private static readonly Codec<ReadOnlyMemory<byte>> Frames = Codec.Netstring(64);

    [Fact]
    public void Side_that_has_completed_its_writes_still_reads_the_answers() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, async peer =>
        {
            List<string> lines = await peer.ReadAllAsync().ToListAsync();
            await peer.WriteManyAsync(lines);
        });
        await using var client = await Connect(world);

        await client.WriteManyAsync(["one", "two"]);
        await client.CompleteWritesAsync();
        await client.CompleteWritesAsync();

        Assert.Equal(["one", "two"], await client.ReadAllAsync().ToListAsync());
        var error = await Assert.ThrowsAsync<IOException>(() => client.WriteAsync("three", CancellationToken.None).AsTask());
        Assert.Contains("accepts no more messages", error.Message);
    });

    [Fact]
    public void Handler_that_has_completed_its_writes_still_reads() => Simulated.Run(Seed, async world =>
    {
        List<string> heard = [];
        await using var server = await Start(world, async peer =>
        {
            await peer.WriteAsync("over to you");
            await peer.CompleteWritesAsync();
            heard = await peer.ReadAllAsync().ToListAsync();
        });
        await using var client = await Connect(world);

        Assert.Equal(["over to you"], await client.ReadAllAsync().ToListAsync());
        await client.WriteAsync("thank you");
        await client.DisposeAsync();

        await world.ConnectionEnded();
        Assert.Equal(["thank you"], heard);
    });

    [Fact]
    public async Task Completing_waits_for_the_writes_before_it_and_can_be_cancelled()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 10);
        var sender = client.AsMessages(Lines);
        var writing = sender.WriteAsync("longer than the pipe", TestContext.Current.CancellationToken).AsTask();
        using var cancel = new CancellationTokenSource();

        var completing = sender.CompleteWritesAsync(cancel.Token).AsTask();
        Assert.False(completing.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completing);
        completing = sender.CompleteWritesAsync(TestContext.Current.CancellationToken).AsTask();

        var lines = await server.AsMessages(Lines).ReadAllAsync(TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(writing, completing);
        Assert.Equal(["longer than the pipe"], lines);
    }

    [Fact]
    public void Client_closes_in_order_for_a_reason_of_its_own() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, EchoAsync);
        await using var client = await Connect(world);

        await client.WriteAsync("bye");
        await client.CloseAsync("the user logged out");

        var reason = client.CloseReason!;
        Assert.Equal(
            (ClosedBy.Local, CloseCause.Fin, "the user logged out"), (reason.By, reason.Cause, reason.Description));
        Assert.True(reason.IsOrderly);
        Assert.Contains("Peer Fin Input", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Handler_closes_in_order_for_a_reason_of_its_own_which_the_log_has() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, async peer =>
        {
            await peer.WriteAsync("wrong password");
            await peer.CloseAsync("the login failed");
        });
        await using var client = await Connect(world);

        Assert.Equal(["wrong password"], await client.ReadAllAsync().ToListAsync());
        await client.DisposeAsync();

        var line = (await world.ConnectionEnded()).Message;
        Assert.Contains("Local Fin Output", line);
        Assert.Contains("the login failed", line);
    });

    [Fact]
    public void Bytes_close_in_order_for_a_reason_too() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await connection.SendAsync("last bytes");
            await connection.CloseAsync("the quota is used up");
        });
        await using var client = await world.Connect();

        Assert.Equal("last bytes", await client.ReadToEndAsync());
        await client.DisposeAsync();

        Assert.Contains("the quota is used up", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Reason_of_a_peer_that_ended_first_stays() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, async peer =>
        {
            await peer.ReadAllAsync().ToListAsync();
            await peer.CloseAsync("too late");
        });
        await using (await Connect(world))
        {
        }

        Assert.Contains("Peer Fin Input", (await world.ConnectionEnded()).Message);
    });

    [Theory]
    [InlineData(false, "Local Abort Both")]
    [InlineData(true, "Local Limit Both")]
    public void Abort_resets_the_peer_and_ends_a_read(bool isLimit, string reason) => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, async peer =>
        {
            var reading = peer.ReadAllAsync().ToListAsync().AsTask();
            if (isLimit)
                peer.Abort(CloseCause.Limit, "too many points");
            else
                peer.Abort();
            await reading;
        });
        await using var client = await world.Connect();

        await client.AssertResetAsync();
        Assert.Contains(reason, (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Handler_that_is_busy_learns_that_its_peer_has_ended() => Simulated.Run(Seed, async world =>
    {
        var hasEnded = false;
        var answered = false;
        await using var server = await Start(world, async peer =>
        {
            await using var reading = peer.ReadAllAsync().GetAsyncEnumerator();
            Assert.True(await reading.MoveNextAsync());
            // The work for the first question; nothing reads meanwhile.
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => Task.Delay(TimeSpan.FromHours(1), world.Time, peer.PeerEnded));
            hasEnded = !peer.ConnectionClosed.IsCancellationRequested;

            // The other direction is still open.
            await peer.WriteAsync("stopped");
            answered = await reading.MoveNextAsync();
        });
        await using var client = await Connect(world);

        await client.WriteManyAsync(["question", "unread"]);
        await client.CompleteWritesAsync();

        Assert.Equal(["stopped"], await client.ReadAllAsync().ToListAsync());
        Assert.True(hasEnded);
        Assert.True(answered);
        Assert.InRange(world.Network.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    });

    [Fact]
    public void Peer_that_resets_has_ended_too_and_then_both_directions_have() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, peer =>
        {
            peer.Abort();
            return Task.CompletedTask;
        });
        await using var client = await Connect(world);

        await client.PeerEnded.WaitAsync();
        await client.ConnectionClosed.WaitAsync();

        Assert.Equal(CloseCause.Reset, client.CloseReason!.Cause);
    });

    [Fact]
    public void Message_connection_has_the_id_that_the_log_has() => Simulated.Run(Seed, async world =>
    {
        var id = "";
        await using var server = await Start(world, peer =>
        {
            id = peer.ConnectionId;
            Assert.Null(peer.Tls);
            return Task.CompletedTask;
        });
        await using var client = await Connect(world);

        Assert.Empty(await client.ReadAllAsync().ToListAsync());
        await client.DisposeAsync();

        Assert.Contains(id, (await world.ConnectionEnded()).Message);
        Assert.Equal(client.Connection.ConnectionId, client.ConnectionId);
    });

    [Fact]
    public void Client_with_two_codecs_behaves_as_with_one() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartTwoWay(world);

        await using (var client = await world.NewClient().ConnectAsync("server", 7000, Frames, Lines))
        {
            await client.WriteAsync("four");
            Assert.Equal("4", await ReadTextAsync(client));
        }

        await using var second = await world.NewClient().ConnectAsync(
            new IPEndPoint(world.Server.Address, 7000), Frames, Lines);
        await second.WriteAsync("three");
        Assert.Equal("5", await ReadTextAsync(second));
    });

    [Fact]
    public void Client_with_two_codecs_reconnects_and_its_reading_ends_without_an_exception() => Simulated.Run(
        Seed, async world =>
        {
            var client = world.NewClient(options =>
                options.Reconnect.MinDelay = options.Reconnect.MaxDelay = TimeSpan.FromMilliseconds(1));
            await using var server = await StartTwoWay(world, isReset: true);

            var answers = 0;
            await foreach (var feed in client.ReconnectAsync("server", 7000, Frames, Lines))
            {
                await feed.WriteAsync("x");
                await foreach (var _ in feed.ReadAllAsync())
                    answers++;
                Assert.Equal(CloseCause.Reset, feed.CloseReason?.Cause);
                if (answers == 3)
                    break;
            }

            Assert.Equal(3, answers);
        });

    [Fact]
    public async Task Missing_codec_of_a_client_is_named()
    {
        var client = new SockeyeClient();

        var inbound = await Assert.ThrowsAsync<ArgumentNullException>(
            () => client.ConnectAsync<string, string>("x", 1, null!, Lines, TestContext.Current.CancellationToken).AsTask());
        var outbound = Assert.Throws<ArgumentNullException>(
            () => client.ReconnectAsync<string, string>("x", 1, Lines, null!, TestContext.Current.CancellationToken));

        Assert.Equal(("inbound", "outbound"), (inbound.ParamName, outbound.ParamName));
    }

    private static async Task<string> ReadTextAsync(MessageConnection<ReadOnlyMemory<byte>, string> client) =>
        Encoding.ASCII.GetString((await client.ReadAllAsync().FirstAsync()).Span);

    private static async Task EchoAsync(MessageConnection<string> peer)
    {
        await foreach (var line in peer.ReadAllAsync())
            await peer.WriteAsync(line);
    }

    private static async Task<MessageConnection<string>> Connect(Simulated world) =>
        await world.NewClient().ConnectAsync("server", 7000, Lines);

    private static Task<SockeyeServer> Start(Simulated world, Func<MessageConnection<string>, Task> handler) =>
        world.StartWith(listen => listen.Run(Lines, handler));

    /// <summary>A server that answers each line with its length, and resets the connection then if asked to.</summary>
    private static Task<SockeyeServer> StartTwoWay(Simulated world, bool isReset = false) =>
        world.StartWith(listen => listen.Run(Lines, Frames, async peer =>
        {
            await foreach (var line in peer.ReadAllAsync())
            {
                await peer.WriteAsync(Encoding.ASCII.GetBytes($"{line.Length}"));
                if (!isReset)
                    continue;
                await world.Pass(TimeSpan.FromSeconds(1));
                peer.Abort();
            }
        }));
}
