using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class MessageWritingTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 1000);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Queue_accepts_frames_after_a_move_that_throws()
    {
        var (client, _) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);
        var queue = new BroadcastQueue(limit: 1);

        await Assert.ThrowsAsync<TimeoutException>(
            () => sender.Writer.HoldAsync(() => throw new TimeoutException(), queue, Cancelled).AsTask());

        var frame = PooledBuffer.Rent();
        Assert.Equal(EnqueueResult.QueuedToIdle, queue.TryEnqueue(frame));
        frame.Release();
        await sender.WriteAsync("the lock is free", Cancelled).AsTask().Within();
    }

    [Fact]
    public async Task Two_directions_may_speak_differently()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var asking = client.AsMessages(inbound: Codec.Netstring(100), outbound: Lines);
        var answering = server.AsMessages(inbound: Lines, outbound: Codec.Netstring(100));

        await asking.WriteAsync("length?", Cancelled);
        var question = await answering.ReadAllAsync(Cancelled).FirstAsync(Cancelled);
        await answering.WriteAsync(Encoding.UTF8.GetBytes($"{question.Length}"), Cancelled);

        var answer = await asking.ReadAllAsync(Cancelled).FirstAsync(Cancelled);
        Assert.Equal("7"u8, answer.Span);
    }

    [Fact]
    public async Task Messages_of_many_writers_arrive_whole_and_in_the_order_of_each()
    {
        const int Writers = 8, Messages = 500;
        // A small pipe, so that writers meet at the lock and at the back-pressure.
        var (client, server) = MemoryConnection.CreatePair(capacity: 2048);
        var sender = client.AsMessages(Lines);

        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
                await sender.WriteAsync($"{writer}:{i}:{new string((char)('a' + writer), i % 300)}", Cancelled);
        }))).ContinueWith(_ => sender.DisposeAsync().AsTask(), TaskScheduler.Default).Unwrap();

        var next = new int[Writers];
        await foreach (var message in server.AsMessages(Lines).ReadAllAsync(Cancelled))
        {
            var parts = message.Split(':');
            var (writer, i) = (parts[0][0] - '0', int.Parse(parts[1], null));
            Assert.Equal(next[writer]++, i);
            Assert.Equal(new string((char)('a' + writer), i % 300), parts[2]);
        }

        Assert.All(next, count => Assert.Equal(Messages, count));
        await writing;
    }

    [Fact]
    public async Task Writer_waits_while_the_peer_does_not_read_and_others_wait_behind_it_in_order()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 100);
        var sender = client.AsMessages(Lines);

        var writes = Enumerable.Range(0, 5)
            .Select(i => sender.WriteAsync($"{i}{new string('x', 100)}", Cancelled).AsTask())
            .ToList();
        Assert.All(writes, write => Assert.False(write.IsCompleted));

        var received = await server.AsMessages(Lines).ReadAllAsync(Cancelled)
            .Take(5)
            .Select(line => line[0])
            .ToListAsync(Cancelled);
        Assert.Equal(['0', '1', '2', '3', '4'], received);
        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task Cancelled_write_is_sent_whole_or_not_at_all_and_bounds_the_memory()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 100);
        var sender = client.AsMessages(Lines);
        using var cancel = new CancellationTokenSource();

        var waitsForRoom = sender.WriteAsync(new string('a', 200), cancel.Token).AsTask();
        var waiting = sender.WriteAsync("never sent", cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waitsForRoom);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        // The pipe is still full, so the next one has to wait although the one before gave up.
        var later = sender.WriteAsync("later", Cancelled).AsTask();
        Assert.False(later.IsCompleted);
        Assert.True(server.Transport.Input.TryRead(out var read));
        Assert.Equal(201, read.Buffer.Length);
        server.Transport.Input.AdvanceTo(read.Buffer.Start);

        Assert.Equal(
            [new string('a', 200), "later"],
            await server.AsMessages(Lines).ReadAllAsync(Cancelled).Take(2).ToListAsync(Cancelled));
        await later;
    }

    [Fact]
    public async Task Write_with_a_cancelled_token_writes_nothing()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.WriteAsync("x", cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.WriteManyAsync(["x"], cancelled).AsTask());

        await sender.DisposeAsync();
        Assert.Empty(await server.AsMessages(Lines).ReadAllAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Message_that_cannot_be_encoded_leaves_the_stream_sound()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(new HalfWayCodec());

        await sender.WriteAsync("one", Cancelled);
        await Assert.ThrowsAsync<NotSupportedException>(() => sender.WriteAsync("throw", Cancelled).AsTask());
        await sender.WriteAsync("two", Cancelled);
        await sender.DisposeAsync();

        Assert.Equal(["one", "two"], await server.AsMessages(Lines).ReadAllAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Over_long_message_is_refused_and_the_connection_goes_on()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Codec.Lines(5));

        var error = await Assert.ThrowsAsync<FrameException>(() => sender.WriteAsync("123456", Cancelled).AsTask());
        await sender.WriteAsync("12345", Cancelled);
        await sender.DisposeAsync();

        Assert.Equal(FrameError.TooLong, error.Error);
        Assert.Equal(["12345"], await server.AsMessages(Lines).ReadAllAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Writing_to_a_peer_that_has_reset_is_an_error_that_says_so()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);
        server.Abort();

        var error = await Assert.ThrowsAsync<ConnectionResetException>(() => sender.WriteAsync("x", Cancelled).AsTask());

        Assert.Contains("the peer reset the connection", error.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:7000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writing_on_an_aborted_connection_is_an_error_with_the_reason()
    {
        var (client, _) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);
        client.Abort(CloseCause.Timeout, "idle for 5 minutes");

        var error = await Assert.ThrowsAsync<IOException>(() => sender.WriteManyAsync(["x"], Cancelled).AsTask());

        Assert.Contains("idle for 5 minutes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writers_that_wait_hear_that_the_connection_was_lost()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 100);
        var sender = client.AsMessages(Lines);
        var writes = Enumerable.Range(0, 3).Select(_ => sender.WriteAsync(new string('x', 200), Cancelled).AsTask()).ToList();

        server.Abort();

        foreach (var write in writes)
            await Assert.ThrowsAsync<ConnectionResetException>(() => write);
    }

    [Fact]
    public async Task Writing_after_this_side_ended_its_output_is_an_error_that_says_so()
    {
        var (client, _) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);
        await client.Transport.Output.CompleteAsync();

        var error = await Assert.ThrowsAsync<IOException>(() => sender.WriteAsync("x", Cancelled).AsTask());

        Assert.Contains("accepts no more messages", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_is_sent_with_one_flush()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines);

        await sender.WriteManyAsync(Nothing_is_sent_before_the_end(), Cancelled);

        Assert.True(server.Transport.Input.TryRead(out var all));
        Assert.Equal("one\ntwo\n"u8, all.Buffer.ToArray());

        IEnumerable<string> Nothing_is_sent_before_the_end()
        {
            yield return "one";
            yield return "two";
            Assert.False(server.Transport.Input.TryRead(out _));
        }
    }

    [Fact]
    public async Task Endless_batch_waits_for_the_peer_with_bounded_memory()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 1000);
        var sender = client.AsMessages(Lines);
        using var cancel = new CancellationTokenSource();
        var taken = 0;

        var writing = sender.WriteManyAsync(Endless(), cancel.Token).AsTask();
        Assert.False(writing.IsCompleted);
        Assert.InRange(taken, 600, 700);

        await server.AsMessages(Lines).ReadAllAsync(Cancelled).Take(2000).CountAsync(Cancelled);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.InRange(taken, 2000, 4000);

        IEnumerable<string> Endless()
        {
            while (true)
            {
                taken++;
                yield return new string('x', 100);
            }
        }
    }

    [Fact]
    public async Task Batch_stays_together()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 100);
        var sender = client.AsMessages(Lines);
        var batch = Enumerable.Range(0, 200).Select(i => new string((char)('a' + (i % 26)), 900)).ToArray();

        var writing = sender.WriteManyAsync(batch, Cancelled).AsTask();
        var other = sender.WriteAsync("other", Cancelled).AsTask();
        Assert.False(writing.IsCompleted);

        var received = await server.AsMessages(Lines).ReadAllAsync(Cancelled).Take(201).ToListAsync(Cancelled);
        Assert.Equal([.. batch, "other"], received);
        await Task.WhenAll(writing, other);
    }

    [Fact]
    public async Task Batch_with_a_bad_message_sends_those_before_it()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Codec.Lines(5));

        await Assert.ThrowsAsync<FrameException>(() => sender.WriteManyAsync(["one", "too long", "never"], Cancelled).AsTask());

        Assert.True(server.Transport.Input.TryRead(out var sent));
        Assert.Equal("one\n"u8, sent.Buffer.ToArray());
        await sender.WriteAsync("next", Cancelled);
    }

    [Fact]
    public async Task Dispose_sends_what_was_written_then_fin_and_refuses_what_waits_behind()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 100);
        var sender = client.AsMessages(Lines);
        var first = sender.WriteAsync(new string('a', 200), Cancelled).AsTask();
        var second = sender.WriteAsync("never", Cancelled).AsTask();

        await sender.DisposeAsync(); // although the peer does not read: what is in the pipe is the connection's to send

        await first;
        Assert.True(client.IsDisposed);
        Assert.Equal([new string('a', 200)], await server.AsMessages(Lines).ReadAllAsync(Cancelled).ToListAsync(Cancelled));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sender.WriteAsync("x", Cancelled).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sender.WriteManyAsync(["x"], Cancelled).AsTask());
        await sender.DisposeAsync();
    }

    [Fact]
    public void Writing_costs_no_memory()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 1 << 20);
        var frames = client.AsMessages(Codec.LengthPrefixed(64));
        var own = client.AsMessages(new HalfWayCodec());
        var message = new byte[64];

        AssertFree(() => frames.WriteAsync(message, Cancelled));
        AssertFree(() => own.WriteAsync("own codec", Cancelled));

        void AssertFree(Func<ValueTask> write) => Assert.Equal(0, Allocations.Of(10_000, () =>
        {
            Completed.Synchronously(write());
            Assert.True(server.Transport.Input.TryRead(out var read));
            server.Transport.Input.AdvanceTo(read.Buffer.End);
        }));
    }

    [Fact]
    public void Codecs_are_demanded()
    {
        var (client, _) = MemoryConnection.CreatePair();

        Assert.Throws<ArgumentNullException>(() => client.AsMessages<string>(null!));
        Assert.Throws<ArgumentNullException>(() => client.AsMessages<string, string>(Lines, null!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Atomic_encoder_of_ones_own_writes_into_the_output_without_a_copy(bool isAtomic)
    {
        var (client, server) = MemoryConnection.CreatePair();
        var encoder = new OneWayEncoder(client.Transport.Output, isAtomic);
        var sender = client.AsMessages(Lines, encoder);

        await sender.WriteAsync("hello", Cancelled);

        Assert.Equal(isAtomic, encoder.HasMemoryOfOutput);
        await sender.DisposeAsync();
        var received = server.AsMessages(new OneWayDecoder(), Lines).ReadAllAsync(Cancelled);
        Assert.Equal(["hello"], await received.ToListAsync(Cancelled));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Atomic_encoder_that_throws_in_a_frame_is_named_and_ends_the_connection(bool isBatch)
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Lines, new BrokenPromiseEncoder());
        await sender.WriteAsync("whole", Cancelled);

        var write = isBatch ? sender.WriteManyAsync(["whole", "throw"], Cancelled) : sender.WriteAsync("throw", Cancelled);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => write.AsTask());

        Assert.Equal(
            "BrokenPromiseEncoder threw NotSupportedException after the first 5 bytes of a frame, although its IsEncodeAtomic is "
            + "true: let Encode throw before it writes, or return false from IsEncodeAtomic.",
            error.Message);
        Assert.IsType<NotSupportedException>(error.InnerException);
        Assert.Equal((ClosedBy.Local, CloseCause.HandlerError), (client.CloseReason!.By, client.CloseReason.Cause));
        Assert.Same(error, client.CloseReason.Exception);
        var next = await Assert.ThrowsAsync<IOException>(() => sender.WriteAsync("next", Cancelled).AsTask());
        Assert.Same(error, next.InnerException);
        await Assert.ThrowsAsync<IOException>(() => sender.WriteManyAsync(["next"], Cancelled).AsTask());
        Assert.Equal(CloseCause.Reset, server.CloseReason!.Cause);
        await sender.DisposeAsync();
    }

    [Fact]
    public async Task Atomic_encoder_that_throws_before_its_first_byte_costs_only_its_message()
    {
        var (client, server) = MemoryConnection.CreatePair();
        var sender = client.AsMessages(Codec.Lines(5));

        await Assert.ThrowsAsync<FrameException>(() => sender.WriteAsync("too long", Cancelled).AsTask());

        await sender.WriteAsync("next", Cancelled);
        Assert.Equal("next", await server.AsMessages(Lines).ReadAllAsync(Cancelled).FirstAsync(Cancelled));
        Assert.Null(client.CloseReason);
    }

    /// <summary>An encoder that claims to be atomic, and is not.</summary>
    private sealed class BrokenPromiseEncoder : IFrameEncoder<string>
    {
        public bool IsEncodeAtomic => true;

        public void Encode(string message, IBufferWriter<byte> output)
        {
            Encoding.UTF8.GetBytes(message, output);
            if (message == "throw")
                throw new NotSupportedException();
            output.Write("\n"u8);
        }

        public override string ToString() => nameof(BrokenPromiseEncoder);
    }

    /// <summary>An encoder without a decoder.</summary>
    private sealed class OneWayEncoder(PipeWriter pipe, bool isAtomic) : IFrameEncoder<string>
    {
        public bool HasMemoryOfOutput { get; private set; }

        public bool IsEncodeAtomic => isAtomic;

        public void Encode(string message, IBufferWriter<byte> output)
        {
            HasMemoryOfOutput = output.GetMemory().Equals(pipe.GetMemory());
            Lines.Encode(message, output);
        }
    }

    /// <summary>A decoder without an encoder.</summary>
    private sealed class OneWayDecoder : IFrameDecoder<string>
    {
        public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out string message) =>
            Lines.TryDecode(ref input, out message);
    }

    /// <summary>A codec of the user's own that fails in the middle of a frame.</summary>
    private sealed class HalfWayCodec : Codec<string>
    {
        public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out string message) =>
            throw new NotSupportedException();

        public override void Encode(string message, IBufferWriter<byte> output)
        {
            Encoding.UTF8.GetBytes(message, output);
            if (message == "throw")
                throw new NotSupportedException();
            output.Write("\n"u8);
        }
    }
}
