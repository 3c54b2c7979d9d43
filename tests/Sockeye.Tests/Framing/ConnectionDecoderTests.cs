using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>Decoders that keep state between reads: one for each connection.</summary>
[Collection(nameof(Metered))]
public sealed class ConnectionDecoderTests
{
    private const int Seed = 33;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 16);

    private readonly ListDecoder _decoder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frame_of_160_000_items_in_small_segments_costs_reading_each_item_once()
    {
        const int count = 160_000;
        var (peer, server) = MemoryConnection.CreatePair(capacity: 4096);
        await using var messages = server.AsMessages(_decoder, Lines);
        var frame = Encoding.ASCII.GetBytes(Frame(Enumerable.Range(0, count)) + Frame([7]));

        var reading = messages.ReadAllAsync(Cancelled).Take(2).ToListAsync(Cancelled).AsTask();
        for (var sent = 0; sent < frame.Length; sent += 11)
            await peer.Transport.Output.WriteAsync(frame.AsMemory(sent, Math.Min(11, frame.Length - sent)), Cancelled);
        var lists = await reading;

        Assert.Equal(Enumerable.Range(0, count), lists[0]);
        Assert.Equal([7], lists[1]);
        Assert.Equal(count + 1, _decoder.Work.Items);
    }

    [Fact]
    public async Task Connections_whose_frames_come_in_alternating_parts_never_share_state()
    {
        const int connections = 8;
        var pairs = Enumerable.Range(0, connections).Select(_ => MemoryConnection.CreatePair()).ToList();
        var messages = pairs.Select(pair => pair.Server.AsMessages(_decoder, Lines)).ToList();
        var reading = messages.Select(one => one.ReadAsync(Cancelled).AsTask()).ToList();
        var frames = Enumerable.Range(0, connections).Select(i => Frame(Enumerable.Range(i * 1000, 50 + i))).ToList();

        for (var at = 0; at < frames.Max(frame => frame.Length); at++)
        {
            for (var i = 0; i < connections; i++)
            {
                if (at < frames[i].Length)
                    await pairs[i].Client.SendAsync(frames[i][at..(at + 1)]);
            }
        }

        for (var i = 0; i < connections; i++)
            Assert.Equal(Enumerable.Range(i * 1000, 50 + i), (await reading[i]).Message);
        Assert.Equal(connections, _decoder.Work.Decoders);
        foreach (var one in messages)
            await one.DisposeAsync();
    }

    [Fact]
    public async Task Two_message_connections_of_one_connection_have_a_decoder_each()
    {
        var (peer, server) = MemoryConnection.CreatePair();
        var first = server.AsMessages(_decoder, Lines);
        var second = server.AsMessages(_decoder, Lines);
        await peer.SendAsync(Frame([1, 2]) + Frame([3]));

        var read = new[] { (await first.ReadAsync(Cancelled)).Message, (await second.ReadAsync(Cancelled)).Message };
        Assert.Equal([[1, 2], [3]], read);
        Assert.Equal(2, _decoder.Work.Decoders);
    }

    [Fact]
    public async Task Reading_that_was_left_in_a_frame_continues_there()
    {
        var (peer, server) = MemoryConnection.CreatePair();
        await using var messages = server.AsMessages(_decoder, Lines);
        using var cancel = new CancellationTokenSource();
        await peer.SendAsync("3\n1\n2");
        var waiting = messages.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        Assert.False(messages.TryRead(out _));
        await peer.SendAsync("1\n3\n1\n");

        Assert.True(messages.TryRead(out var list));
        Assert.Equal([1, 21, 3], list);
        Assert.False(messages.TryRead(out _));
        await peer.SendAsync("9\n");
        list = await messages.ReadAllAsync(Cancelled).FirstAsync(Cancelled);
        Assert.Equal([9], list);
    }

    [Theory]
    [InlineData("2\n1\n", 4)]
    [InlineData("2\n1\n12", 6)]
    [InlineData("2", 1)]
    public async Task Peer_that_ends_in_a_frame_is_reported_with_all_of_its_bytes(string partial, int bytes)
    {
        var (peer, server) = MemoryConnection.CreatePair();
        await using var messages = server.AsMessages(_decoder, Lines);
        await peer.SendAsync(Frame([5, 6]) + partial);
        await peer.Transport.Output.CompleteAsync();
        List<int[]> lists = [];

        var error = await Assert.ThrowsAsync<FrameException>(async () =>
        {
            await foreach (var list in messages.ReadAllAsync(Cancelled))
                lists.Add(list);
        });

        Assert.Equal([5, 6], Assert.Single(lists));
        Assert.Equal(FrameError.Truncated, error.Error);
        Assert.Contains($"after {bytes} byte", error.Message);
    }

    [Fact]
    public async Task Peer_that_ends_after_a_frame_ends_in_order()
    {
        var (peer, server) = MemoryConnection.CreatePair();
        await using var messages = server.AsMessages(_decoder, Lines);
        await peer.SendAsync("2\n1\n");
        Assert.False(messages.TryRead(out _));
        await peer.SendAsync("2\n");
        await peer.Transport.Output.CompleteAsync();

        var lists = await messages.ReadAllAsync(Cancelled).ToListAsync(Cancelled);
        Assert.Equal([[1, 2]], lists);
    }

    [Fact]
    public async Task Error_of_a_decoder_with_state_stays()
    {
        var (peer, server) = MemoryConnection.CreatePair();
        await using var messages = server.AsMessages(_decoder, Lines);
        await peer.SendAsync("2\n1\nx\n5\n");

        var first = await Assert.ThrowsAsync<FrameException>(() => messages.ReadAsync(Cancelled).AsTask());
        var second = await Assert.ThrowsAsync<FrameException>(() => messages.ReadAsync(Cancelled).AsTask());

        Assert.Equal(FrameError.Malformed, first.Error);
        Assert.Same(first, second);
        Assert.Equal(first, messages.CloseReason!.Exception);
    }

    [Fact]
    public async Task Shared_decoder_cannot_take_bytes_of_an_unfinished_frame()
    {
        var (peer, server) = MemoryConnection.CreatePair();
        await using var messages = server.AsMessages(new GreedyDecoder(), Lines);
        await peer.SendAsync("on");
        Assert.False(messages.TryRead(out _));
        await peer.SendAsync("e\n");

        Assert.Equal("one", (await messages.ReadAsync(Cancelled)).Message);
    }

    [Fact]
    public void Decoder_that_returns_null_for_a_connection_is_an_error_that_names_it()
    {
        var (_, server) = MemoryConnection.CreatePair();

        var error = Assert.Throws<InvalidOperationException>(() => server.AsMessages(new NullDecoder(), Lines));

        Assert.Contains($"{nameof(NullDecoder)}.ForConnection returned null", error.Message);
    }

    [Fact]
    public async Task Size_of_a_frame_that_was_taken_in_parts_is_counted_whole()
    {
        using var metrics = new Metrics("Sockeye.Messages");
        var (peer, server) = MemoryConnection.CreatePair();
        await using var messages = server.AsMessages(_decoder, Lines);
        await peer.SendAsync("2\n10\n");
        Assert.False(messages.TryRead(out _));
        await peer.SendAsync("20\n1\n");
        Assert.True(messages.TryRead(out _));

        Assert.Equal(8, metrics.SumAnywhere("sockeye.message.frame.size", "receive"));
    }

    [Fact]
    public async Task Cluster_frame_is_decoded_by_a_decoder_for_it_alone()
    {
        var codec = new ListCodec(_decoder);
        var group = new MessageGroup<int[]>();
        var (peer, server) = MemoryConnection.CreatePair();
        await using var member = server.AsMessages(new ListCodec(new()));
        await using var receiver = peer.AsMessages(new ListCodec(new()));
        group.Join(member);

        Broadcast([1, 2]);
        Broadcast([3]);

        var read = new[] { (await receiver.ReadAsync(Cancelled)).Message, (await receiver.ReadAsync(Cancelled)).Message };
        Assert.Equal([[1, 2], [3]], read);
        Assert.Equal(2, _decoder.Work.Decoders);

        void Broadcast(int[] list)
        {
            var frame = PooledBuffer.Rent();
            codec.Encode(list, frame);
            var content = new BroadcastContent<int[]>(codec, frame);
            group.Broadcast(ref content, except: null);
            frame.Release();
        }
    }

    [Fact]
    public void Client_that_reconnects_starts_with_a_new_decoder() => Simulated.Run(Seed, async world =>
    {
        var accepted = 0;
        await using var server = await world.Start(async connection =>
        {
            // The first connection breaks in the middle of a frame.
            await connection.SendAsync(accepted++ == 0 ? Frame([1]) + "2\n8\n" : Frame([2, 3]));
            if (accepted == 1)
            {
                await world.Pass(TimeSpan.FromSeconds(1));
                connection.Abort();
            }
            else
            {
                await connection.Transport.Input.ReadAsync();
            }
        });
        List<int[]> lists = [];

        var endPoint = new IPEndPoint(world.Server.Address, 7000);

        await foreach (var messages in world.NewClient().ReconnectAsync(endPoint, _decoder, Lines))
        {
            await foreach (var list in messages.ReadAllAsync())
            {
                lists.Add(list);
                if (list.Length == 2)
                    break;
            }

            if (lists is [.., { Length: 2 }])
                break;
        }

        Assert.Equal([[1], [2, 3]], lists);
        Assert.Equal(2, _decoder.Work.Decoders);
    });

    [Fact]
    public void Heartbeat_leaves_each_connection_its_decoder() => Simulated.Run(Seed, async world =>
    {
        var beating = new ListCodec(_decoder).WithHeartbeat(heartbeat =>
        {
            (heartbeat.IsPing, heartbeat.CreatePong) = (list => list is [], list => list);
            (heartbeat.CreatePing, heartbeat.Interval) = (() => [], TimeSpan.FromSeconds(1));
        });
        var oneWay = _decoder.WithHeartbeat<int[], int[]>(heartbeat => heartbeat.IsPing = list => list is []);
        await using var server = await world.StartWith(listen => listen.Run(beating, list => list));
        await using var first = (await world.Connect()).AsMessages(beating);
        await using var second = (await world.Connect()).AsMessages(oneWay, new ListCodec(new()));
        await world.Pass(TimeSpan.FromSeconds(10));

        await first.WriteAsync([.. Enumerable.Range(0, 5000)]);
        await second.WriteAsync([.. Enumerable.Range(7, 5000)]);

        Assert.Equal(Enumerable.Range(0, 5000), (await first.ReadAsync()).Message);
        Assert.Equal(Enumerable.Range(7, 5000), (await second.ReadAsync()).Message);
        Assert.Equal(4, _decoder.Work.Decoders);
    });

    [Fact]
    public async Task Messages_before_and_after_the_start_of_TLS_have_a_decoder_each()
    {
        using var certificate = TlsCertificates.CreateSelfSigned("localhost");
        await using var server = await SockeyeServer.StartAsync(
            options => options.ListenLocalhost(0)
                .Use(async (connection, next) =>
                {
                    await using (var plain = connection.AsMessages(new ListCodec(_decoder)))
                        await plain.WriteAsync((await plain.ReadAsync()).Message);
                    await next(connection);
                })
                .UseTls(certificate)
                .Run(new ListCodec(_decoder), list => list),
            Cancelled);
        var client = new SockeyeClient(options => options
            .Use(async (connection, token) =>
            {
                var plain = connection.AsMessages(new ListCodec(new()));
                await plain.WriteAsync([1], token);
                Assert.Single((await plain.ReadAsync(token)).Message);
                return connection;
            })
            .UseTls(tls => tls.PinnedFingerprint = TlsCertificates.Fingerprint(certificate)));

        await using var connection = await client.ConnectAsync(server.EndPoints[0], new ListCodec(new()), Cancelled);
        int[] list = [.. Enumerable.Range(0, 50_000)];
        await connection.WriteAsync(list, Cancelled);

        Assert.Equal(list, (await connection.ReadAsync(Cancelled)).Message);
        Assert.Equal((2, 50_001), (_decoder.Work.Decoders, _decoder.Work.Items));
    }

    private static string Frame(IEnumerable<int> items)
    {
        var list = items.ToList();
        return string.Concat(list.Prepend(list.Count).Select(item => $"{item}\n"));
    }

    private sealed class Work
    {
        public int Decoders;
        public int Items;
    }

    /// <summary>A line with the number of items, and a line for each.</summary>
    private sealed class ListDecoder : IFrameDecoder<int[]>
    {
        private int[]? _items;
        private int _count;

        public Work Work { get; private init; } = new();

        public IFrameDecoder<int[]> ForConnection()
        {
            Interlocked.Increment(ref Work.Decoders);
            return new ListDecoder { Work = Work };
        }

        public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out int[] message)
        {
            message = null;
            if (_items is null)
            {
                if (!TryReadNumber(ref input, out var length))
                    return false;
                (_items, _count) = (new int[length], 0);
            }

            for (; _count < _items.Length; _count++)
            {
                if (!TryReadNumber(ref input, out _items[_count]))
                    return false;
                Interlocked.Increment(ref Work.Items);
            }

            (message, _items) = (_items, null);
            return true;
        }

        private static bool TryReadNumber(ref ReadOnlySequence<byte> input, out int number)
        {
            var isRead = Lines.TryDecode(ref input, out var line);
            number = isRead ? int.Parse(line!, CultureInfo.InvariantCulture) : 0;
            return isRead;
        }
    }

    private sealed class ListCodec(ListDecoder decoder) : Codec<int[]>
    {
        public override IFrameDecoder<int[]> ForConnection() => decoder.ForConnection();

        public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out int[] message) =>
            throw new InvalidOperationException("The decoder of a connection decodes.");

        public override void Encode(int[] message, IBufferWriter<byte> output) =>
            output.Write(Encoding.ASCII.GetBytes(Frame(message)));
    }

    /// <summary>Takes what it looks at, which a shared decoder must not.</summary>
    private sealed class GreedyDecoder : IFrameDecoder<string>
    {
        public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out string message)
        {
            if (Lines.TryDecode(ref input, out message))
                return true;
            input = input.Slice(input.End);
            return false;
        }
    }

    private sealed class NullDecoder : IFrameDecoder<string>
    {
        public IFrameDecoder<string> ForConnection() => null!;

        public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out string message) =>
            Lines.TryDecode(ref input, out message);
    }
}
