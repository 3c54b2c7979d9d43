using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class MessageGroupTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 100_000);

    /// <summary>
    /// Fills a batch by itself, so that a stopped reader leaves exactly one in the pipe and the rest in the queue.
    /// </summary>
    private static readonly string Big = new('x', 70_000);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_member_gets_every_message_in_order()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 10_000 });
        var members = Enumerable.Range(0, 3).Select(_ => Member.Create(capacity: 500)).ToList();
        members.ForEach(member => group.Join(member.Server));

        var sent = Enumerable.Range(0, 2000).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToList();
        sent.ForEach(group.Broadcast);

        Assert.Equal(3, group.Count);
        foreach (var member in members)
            Assert.Equal(sent, await member.ReadAsync(2000));
    }

    [Fact]
    public async Task Members_see_concurrent_broadcasts_in_one_order()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 10_000 });
        var (one, two) = (Member.Create(), Member.Create());
        group.Join(one.Server);
        group.Join(two.Server);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(sender => Task.Run(() =>
        {
            for (var i = 0; i < 250; i++)
                group.Broadcast($"{sender}:{i}");
        })));

        Assert.Equal(await one.ReadAsync(1000), await two.ReadAsync(1000));
    }

    [Fact]
    public async Task Message_is_encoded_once_for_each_codec()
    {
        var group = new MessageGroup<string>();
        var codecs = new[] { new CountingCodec(), new CountingCodec() };
        var members = Enumerable.Range(0, 8).Select(i => Member.Create(codec: codecs[i % 2])).ToList();
        members.ForEach(member => group.Join(member.Server));

        for (var i = 0; i < 10; i++)
            group.Broadcast("hello");

        foreach (var member in members)
            Assert.Equal(Enumerable.Repeat("hello", 10), await member.ReadAsync(10));
        Assert.All(codecs, codec => Assert.Equal(10, codec.Encoded));
    }

    [Fact]
    public async Task Message_that_one_codec_refuses_goes_to_no_member()
    {
        var group = new MessageGroup<string>();
        var (wide, narrow) = (Member.Create(), Member.Create(codec: Codec.Lines(5)));
        group.Join(wide.Server);
        group.Join(narrow.Server);

        Assert.Throws<FrameException>(() => group.Broadcast("too long"));
        group.Broadcast("short");

        Assert.Equal(["short"], await wide.ReadAsync(1));
        Assert.Equal(["short"], await narrow.ReadAsync(1));
    }

    [Fact]
    public async Task Slow_member_is_disconnected_and_delays_no_other()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 3 });
        var (slow, quick) = (Member.Create(capacity: 100), Member.Create());
        group.Join(slow.Server);
        group.Join(quick.Server);

        var broadcasts = 0;
        while (group.Count == 2)
        {
            group.Broadcast(Big);
            broadcasts++;
            Assert.Equal([Big], await quick.ReadAsync(1));
            Assert.True(broadcasts <= 5, "One message in the pipe and three in the queue are all that may be kept.");
        }

        var reason = slow.Server.CloseReason!;
        Assert.Equal((ClosedBy.Local, CloseCause.Limit), (reason.By, reason.Cause));
        Assert.Contains("3 messages", reason.Description, StringComparison.Ordinal);
        Assert.Null(quick.Server.CloseReason);
        Assert.Equal(1, group.Count);
    }

    [Fact]
    public async Task Slow_member_misses_messages_and_stays_where_they_are_dropped()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 3, SlowMember = SlowMemberPolicy.Drop });
        var (slow, quick) = (Member.Create(capacity: 100), Member.Create());
        group.Join(slow.Server);
        group.Join(quick.Server);

        for (var i = 0; i < 20; i++)
        {
            group.Broadcast($"{i:00}{Big}");
            Assert.Equal($"{i:00}{Big}", Assert.Single(await quick.ReadAsync(1)));
        }

        var kept = 20 - (int)group.Dropped;
        Assert.InRange(kept, 3, 4);
        var received = (await slow.ReadAsync(kept))
            .Select(message => int.Parse(message[..2], CultureInfo.InvariantCulture))
            .ToList();
        Assert.Equal(received.Order(), received);
        Assert.Equal(0, received[0]);

        group.Broadcast("again");
        Assert.Equal(["again"], await slow.ReadAsync(1));
        Assert.Equal(2, group.Count);
    }

    [Fact]
    public async Task Everybody_waits_for_a_slow_member_where_that_is_the_policy()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 2, SlowMember = SlowMemberPolicy.Wait });
        var (slow, quick) = (Member.Create(capacity: 100), Member.Create());
        group.Join(slow.Server);
        group.Join(quick.Server);

        var broadcasts = Enumerable.Range(0, 10).Select(i => group.BroadcastAsync($"{i}{Big}", Cancelled).AsTask()).ToList();
        Assert.False(broadcasts[^1].IsCompleted);

        var quickReads = quick.ReadAsync(10);
        var received = await slow.ReadAsync(10);
        await Task.WhenAll(broadcasts);
        Assert.Equal(Enumerable.Range(0, 10), received.Select(message => message[0] - '0'));
        Assert.Equal(received, await quickReads);
        Assert.Equal(0, group.Dropped);
    }

    [Fact]
    public async Task Cancelled_broadcast_is_missed_by_members_without_room()
    {
        var (group, slow, waiting, cancel) = await FullAsync();
        using (cancel)
        {
            await cancel.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            Assert.Equal(1, group.Dropped);
            Assert.Equal(["first" + Big, "second" + Big], await slow.ReadAsync(2));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Broadcast_waits_no_longer_for_a_member_that_goes(bool leaves)
    {
        var (group, slow, waiting, cancel) = await FullAsync();
        using (cancel)
        {
            if (leaves)
                Assert.True(group.Leave(slow.Server));
            else
                slow.Connection.Abort();

            await waiting;
            Assert.Equal(0, group.Count);
            Assert.Equal(0, group.Dropped);
        }
    }

    [Fact]
    public async Task Broadcast_that_cannot_wait_names_the_one_that_can()
    {
        var group = new MessageGroup<string>(new() { SlowMember = SlowMemberPolicy.Wait });

        var error = Assert.Throws<InvalidOperationException>(() => group.Broadcast("x"));

        Assert.Contains(nameof(group.BroadcastAsync), error.Message, StringComparison.Ordinal);
        await group.BroadcastAsync("no member is here", Cancelled);
    }

    [Fact]
    public async Task Awaited_broadcast_completes_at_once_where_no_member_waits()
    {
        var group = new MessageGroup<string>();
        var member = Member.Create();
        group.Join(member.Server);

        Completed.Synchronously(group.BroadcastAsync("x", Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => group.BroadcastAsync("y", new(canceled: true)).AsTask());

        Assert.Equal(["x"], await member.ReadAsync(1));
    }

    [Fact]
    public async Task Member_leaves_when_it_is_disposed()
    {
        var group = new MessageGroup<string>();
        var member = Member.Create();
        group.Join(member.Server);

        await member.Server.DisposeAsync();

        Assert.Equal(0, group.Count);
        group.Broadcast("no member receives it");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Member_leaves_when_its_connection_ends(bool byPeer)
    {
        var group = new MessageGroup<string>();
        var member = Member.Create();
        // Registrations run in reverse order: this one after the group's.
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = member.Connection.ConnectionClosed.Register(closed.SetResult);
        group.Join(member.Server);

        (byPeer ? member.Peer : member.Connection).Abort();

        await closed.Task;
        Assert.Equal(0, group.Count);
    }

    [Fact]
    public async Task Joining_twice_or_after_the_end_changes_nothing()
    {
        var group = new MessageGroup<string>();
        var (member, closed, disposed) = (Member.Create(), Member.Create(), Member.Create());
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = closed.Connection.ConnectionClosed.Register(end.SetResult);
        closed.Connection.Abort();
        await end.Task;
        await disposed.Server.DisposeAsync();

        group.Join(member.Server);
        group.Join(member.Server);
        group.Join(closed.Server);
        group.Join(disposed.Server);

        Assert.Equal(1, group.Count);
        group.Broadcast("once");
        group.Broadcast("end");
        Assert.Equal(["once", "end"], await member.ReadAsync(2));
    }

    [Fact]
    public async Task Member_that_leaves_gets_what_was_queued_and_nothing_later()
    {
        var group = new MessageGroup<string>();
        var member = Member.Create(capacity: 100);
        group.Join(member.Server);
        group.Broadcast(Big);
        group.Broadcast("queued");

        Assert.True(group.Leave(member.Server));
        Assert.False(group.Leave(member.Server));
        group.Broadcast("never");
        group.Join(member.Server);
        Assert.Equal([Big, "queued"], await member.ReadAsync(2));
        group.Broadcast("back again");
        Assert.Equal(["back again"], await member.ReadAsync(1));
    }

    [Fact]
    public async Task Own_messages_of_a_member_stay_whole_between_broadcasts()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 10_000 });
        var member = Member.Create(capacity: 3000);
        group.Join(member.Server);

        var broadcasting = Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
                group.Broadcast($"b:{i}:{new string('b', i % 200)}");
        }, Cancelled);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
                await member.Server.WriteAsync($"w:{i}:{new string('w', i % 200)}", Cancelled);
        }, Cancelled);

        var next = new Dictionary<string, int> { ["b"] = 0, ["w"] = 0 };
        foreach (var parts in (await member.ReadAsync(2000)).Select(message => message.Split(':')))
        {
            var i = next[parts[0]]++;
            Assert.Equal((i, new string(parts[0][0], i % 200)), (int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2]));
        }

        await Task.WhenAll(broadcasting, writing);
    }

    [Fact]
    public async Task Members_may_hear_other_messages_than_they_send()
    {
        var group = new MessageGroup<string>();
        var (peer, server) = MemoryConnection.CreatePair();
        var member = server.AsMessages(Codec.Netstring(10), Lines);

        group.Join(member);
        group.Broadcast("hello");

        Assert.Equal("hello", await peer.AsMessages(Lines).ReadAllAsync(Cancelled).FirstAsync(Cancelled));
        Assert.True(group.Leave(member));
    }

    [Fact]
    public async Task Broadcast_leaves_out_the_excluded_member()
    {
        var group = new MessageGroup<string>();
        var (speaker, listener) = (Member.Create(), Member.Create());
        group.Join(speaker.Server);
        group.Join(listener.Server);

        group.Broadcast("hello", except: speaker.Server);
        group.Broadcast("to all");

        Assert.Equal(["hello", "to all"], await listener.ReadAsync(2));
        Assert.Equal(["to all"], await speaker.ReadAsync(1));
    }

    [Fact]
    public void Broadcast_costs_no_memory()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 1, SlowMember = SlowMemberPolicy.Drop });
        for (var i = 0; i < 3; i++)
            group.Join(Member.Create(capacity: 10).Server);
        group.Broadcast(Big);

        Assert.Equal(0, Allocations.Of(10_000, () => group.Broadcast("hello, everybody")));
    }

    [Fact]
    public void Options_are_checked_where_they_are_set()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MessageGroupOptions { MaxQueuedMessages = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MessageGroupOptions { MaxQueuedMessages = 1_000_001 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MessageGroupOptions { SlowMember = (SlowMemberPolicy)9 });
    }

    /// <summary>
    /// A waiting group whose only member has one message in its pipe, one in its queue, and no room for a third.
    /// </summary>
    private static async Task<(MessageGroup<string> Group, Member Slow, Task Waiting, CancellationTokenSource Cancel)> FullAsync()
    {
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 1, SlowMember = SlowMemberPolicy.Wait });
        var slow = Member.Create(capacity: 100);
        var cancel = new CancellationTokenSource();
        group.Join(slow.Server);
        await group.BroadcastAsync("first" + Big, Cancelled);
        await group.BroadcastAsync("second" + Big, Cancelled);
        return (group, slow, group.BroadcastAsync("third" + Big, cancel.Token).AsTask(), cancel);
    }

    private sealed record Member(MemoryConnection Peer, MemoryConnection Connection, MessageConnection<string> Server)
    {
        public static Member Create(int capacity = 1 << 20, Codec<string>? codec = null)
        {
            var (peer, server) = MemoryConnection.CreatePair(capacity);
            return new(peer, server, server.AsMessages(codec ?? Lines));
        }

        /// <summary>What this member is sent, as its peer sees it.</summary>
        public async Task<List<string>> ReadAsync(int count) =>
            await Peer.AsMessages(Lines).ReadAllAsync(Cancelled).Take(count).ToListAsync(Cancelled);
    }

    private sealed class CountingCodec : Codec<string>
    {
        private int _encoded;

        public int Encoded => _encoded;

        public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out string message) =>
            Lines.TryDecode(ref input, out message);

        public override void Encode(string message, IBufferWriter<byte> output)
        {
            Interlocked.Increment(ref _encoded);
            Lines.Encode(message, output);
        }
    }
}
