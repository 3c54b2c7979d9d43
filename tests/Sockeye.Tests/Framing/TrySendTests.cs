using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class TrySendTests
{
    private const int Seed = 42;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 2000);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Peer_that_does_not_read_never_holds_up_the_sender_and_gets_what_was_accepted() => Simulated.Run(
        Seed, async world =>
        {
            List<string> accepted = [];
            await using var server = await Start(world, async peer =>
            {
                peer.MaxQueuedMessages = 4;
                for (var i = 0; i < 1000; i++)
                {
                    var line = $"{i}".PadRight(1000, 'x');
                    if (peer.TrySend(line))
                        accepted.Add(line);
                    await world.Pass(TimeSpan.FromMilliseconds(1));
                }

                await peer.ReadAllAsync().ToListAsync();
            });
            await using var client = await Connect(world);

            await world.Pass(TimeSpan.FromSeconds(10));
            var reading = client.ReadAllAsync().ToListAsync();
            await client.CompleteWritesAsync();

            Assert.Equal(accepted, await reading);
            Assert.InRange(accepted.Count, 5, 999);
        });

    [Fact]
    public void Full_queue_ends_the_connection_if_asked_to() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, peer =>
        {
            peer.MaxQueuedMessages = 1;
            while (peer.TrySend(new string('x', 1000), SlowMemberPolicy.Disconnect))
            {
            }

            Assert.False(peer.TrySend("after the end"));
            return Task.CompletedTask;
        });
        await using var client = await world.Connect();

        await client.AssertResetAsync();
        var line = (await world.ConnectionEnded()).Message;
        Assert.Contains("Local Limit Both", line);
        Assert.Contains("MaxQueuedMessages", line);
    });

    [Fact]
    public void Messages_that_are_queued_when_the_handler_returns_are_sent() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, peer =>
        {
            for (var i = 0; i < 100; i++)
                Assert.True(peer.TrySend($"{i}".PadRight(1900, 'x')));
            return Task.CompletedTask;
        });
        await using var client = await Connect(world);

        var lines = await client.ReadAllAsync().ToListAsync();

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}".PadRight(1900, 'x')), lines);
    });

    [Fact]
    public void Messages_that_are_queued_when_a_client_is_disposed_are_sent() => Simulated.Run(Seed, async world =>
    {
        List<string> heard = [];
        await using var server = await Start(world, async peer =>
        {
            await foreach (var line in peer.ReadAllAsync())
                heard.Add(line);
        });

        await using (var client = await Connect(world))
        {
            for (var i = 0; i < 200; i++)
                Assert.True(client.TrySend($"{i}".PadRight(1900, 'x')));
        }

        await world.ConnectionEnded();
        Assert.Equal(200, heard.Count);
    });

    [Fact]
    public async Task Disposed_or_broken_connection_takes_no_message()
    {
        var (client, _) = MemoryConnection.CreatePair();
        var disposed = client.AsMessages(Lines);
        var (other, _) = MemoryConnection.CreatePair();
        var broken = other.AsMessages(Lines);

        await disposed.DisposeAsync();
        broken.Abort();

        Assert.False(disposed.TrySend("x"));
        Assert.False(broken.TrySend("x"));
    }

    [Fact]
    public void Message_that_cannot_be_encoded_is_refused_and_the_next_one_is_not()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);

        var error = Assert.Throws<FrameException>(() => sender.TrySend("two\nlines"));
        Assert.Equal(FrameError.Malformed, error.Error);
        Assert.Throws<ArgumentNullException>(() => sender.TrySend(null!));
        Assert.Contains("WriteAsync", Assert.Throws<ArgumentException>(() => sender.TrySend("x", SlowMemberPolicy.Wait)).Message);
        Assert.True(sender.TrySend("sound"));
        Assert.NotNull(server);
    }

    [Fact]
    public void Limit_is_checked_and_fixed_by_the_first_message()
    {
        var (client, _) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);

        Assert.Throws<ArgumentOutOfRangeException>(() => sender.MaxQueuedMessages = 0);
        sender.MaxQueuedMessages = 7;
        sender.TrySend("x");

        Assert.Throws<InvalidOperationException>(() => sender.MaxQueuedMessages = 8);
        Assert.Equal(7, sender.MaxQueuedMessages);
    }

    [Fact]
    public async Task Senders_on_many_threads_keep_their_own_order_and_meet_writes_only_between_messages()
    {
        const int Senders = 4, Messages = 300;
        var (client, server) = MemoryConnection.CreatePair(capacity: 4096);
        var sender = client.AsMessages(Lines);
        sender.MaxQueuedMessages = 1_000_000;

        var sending = Task.WhenAll(Enumerable.Range(0, Senders).Select(each => Task.Run(
            async () =>
            {
                for (var i = 0; i < Messages; i++)
                {
                    if (each == 0)
                        await sender.WriteAsync($"{each}:{i}", Cancelled);
                    else
                        Assert.True(sender.TrySend($"{each}:{i}"));
                }
            },
            Cancelled)));

        var next = new int[Senders];
        await foreach (var line in server.AsMessages(Lines).ReadAllAsync(Cancelled).Take(Senders * Messages))
        {
            var parts = line.Split(':');
            Assert.Equal(next[int.Parse(parts[0], null)]++, int.Parse(parts[1], null));
        }

        await sending;
        Assert.All(next, count => Assert.Equal(Messages, count));
    }

    [Fact]
    public void Members_of_a_group_are_listed_and_can_be_sent_to_one_by_one() => Simulated.Run(Seed, async world =>
    {
        var group = new MessageGroup<string>();
        await using var server = await Start(world, async peer =>
        {
            group.Join(peer);
            await peer.ReadAllAsync().ToListAsync();
        });
        await using var one = await Connect(world);
        await using var two = await Connect(world);
        await world.Until(() => group.Count == 2, "both are members");

        foreach (var member in group.GetMembers())
            Assert.True(member.TrySend(member.ConnectionId));

        var ids = new[] { await one.ReadAllAsync().FirstAsync(), await two.ReadAllAsync().FirstAsync() };
        Assert.Equal(group.GetMembers().Select(member => member.Connection.ConnectionId).Order(), ids.Order());
        await one.DisposeAsync();
        await world.Until(() => group.GetMembers().Count == 1, "one member has left");
    });

    private static async Task<MessageConnection<string>> Connect(Simulated world) =>
        await world.NewClient().ConnectAsync("server", 7000, Lines);

    private static Task<SockeyeServer> Start(Simulated world, Func<MessageConnection<string>, Task> handler) =>
        world.StartWith(listen => listen.Run(Lines, handler));
}
