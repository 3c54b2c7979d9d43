using Microsoft.Extensions.Time.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>Messages that a handler writes one by one are sent together, where that delays none of them.</summary>
public sealed class WriteBatchingTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 4096);

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryConnection _server;
    private readonly MessageConnection<string> _client;
    private readonly CountingWriter _output;

    public WriteBatchingTests()
    {
        (var client, _server) = MemoryConnection.CreatePair(capacity: 1024 * 1024);
        _server.Clock = _time;
        _output = new(_server.Transport.Output);
        _server.Transport = new DuplexPipe(_server.Transport.Input, _output);
        _client = client.AsMessages(Lines);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_to_messages_that_arrived_together_are_sent_together()
    {
        await _client.WriteManyAsync(Enumerable.Range(0, 100).Select(i => $"{i}"), Cancelled);
        await _client.CompleteWritesAsync(Cancelled);

        await ServeAsync(EchoAsync);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), await _client.ReadAllAsync(Cancelled).ToListAsync(Cancelled));
        // The last answer has no message behind it, so it is sent at once, with those before it. The end flushes once more.
        Assert.InRange(_output.Flushes, 1, 2);
    }

    [Fact]
    public async Task Answers_to_messages_that_arrive_later_are_sent_together_too()
    {
        using var waits = new SemaphoreSlim(0);
        var serving = ServeAsync(async peer =>
        {
            await using var messages = peer.ReadAllAsync(Cancelled).GetAsyncEnumerator(Cancelled);
            while (await new ObservedWait<bool>(messages.MoveNextAsync(), waits))
                await peer.WriteAsync(messages.Current, Cancelled);
        });
        for (var round = 0; round < 5; round++)
        {
            await waits.WaitAsync(Cancelled).Within();
            var before = _output.Flushes;
            await _client.WriteManyAsync(Enumerable.Range(0, 50).Select(i => $"{i}"), Cancelled);
            Assert.Equal(50, (await _client.ReadAllAsync(Cancelled).Take(50).ToListAsync(Cancelled).AsTask().Within()).Count);
            Assert.Equal(before + 1, _output.Flushes);
        }

        await _client.CompleteWritesAsync(Cancelled);
        await serving.Within();
    }

    [Fact]
    public async Task Answer_does_not_wait_for_a_handler_that_blocks_its_thread_until_the_answer_has_arrived()
    {
        var isBlocking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hasArrived = new ManualResetEventSlim();
        await _client.WriteManyAsync(["one", "two"], Cancelled);
        await _client.CompleteWritesAsync(Cancelled);
        var serving = Task.Run(() => ServeAsync(async peer =>
        {
            await foreach (var message in peer.ReadAllAsync(Cancelled))
            {
                await peer.WriteAsync(message, Cancelled);
                isBlocking.TrySetResult();
                hasArrived.Wait(Cancelled);
            }
        }), Cancelled);

        await isBlocking.Task.Within();
        _time.Advance(2 * CoarseTimer.Tick);

        Assert.Equal("one", await _client.ReadAllAsync(Cancelled).FirstAsync(Cancelled).Within());
        hasArrived.Set();
        await serving.Within();
        Assert.Equal("two", await _client.ReadAllAsync(Cancelled).FirstAsync(Cancelled).Within());
    }

    [Fact]
    public async Task Answer_does_not_wait_for_a_handler_that_waits_for_something_else()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _client.WriteManyAsync(["one", "two"], Cancelled);
        var serving = ServeAsync(async peer =>
        {
            await foreach (var line in peer.ReadAllAsync())
            {
                await peer.WriteAsync(line);
                await gate.Task;
            }
        });

        Assert.Equal("one", await _client.ReadAllAsync(Cancelled).FirstAsync(Cancelled).Within());
        gate.SetResult();
        Assert.Equal("two", await _client.ReadAllAsync(Cancelled).FirstAsync(Cancelled).Within());
        await _client.CompleteWritesAsync(Cancelled);
        await serving.Within();
    }

    [Fact]
    public async Task Answer_does_not_wait_when_a_message_is_incomplete()
    {
        var serving = ServeAsync(EchoAsync);

        await _client.Connection.SendAsync("whole\npart");

        Assert.Equal("whole", await _client.ReadAllAsync(Cancelled).FirstAsync(Cancelled).Within());
        await _client.Connection.SendAsync("ial\n");
        Assert.Equal("partial", await _client.ReadAllAsync(Cancelled).FirstAsync(Cancelled).Within());
        await _client.CompleteWritesAsync(Cancelled);
        await serving.Within();
    }

    [Fact]
    public async Task Message_that_has_waited_for_a_tenth_of_a_millisecond_is_sent_by_the_next_write()
    {
        List<int> flushes = [];
        await ServeAllAsync(["a", "b", "c", "d", "end"], async (peer, line) =>
        {
            await peer.WriteAsync(line);
            flushes.Add(_output.Flushes);
            _time.Advance(TimeSpan.FromMicroseconds(60));
        });

        Assert.Equal([0, 0, 1, 1, 2], flushes);
    }

    [Fact]
    public async Task Handler_that_takes_long_between_messages_delays_one_of_them_once()
    {
        List<int> flushes = [];
        await ServeAllAsync(["a", "b", "c", "d", "end"], async (peer, line) =>
        {
            await peer.WriteAsync(line);
            flushes.Add(_output.Flushes);
            _time.Advance(TimeSpan.FromMilliseconds(5));
        });

        Assert.Equal([0, 1, 2, 3, 4], flushes);
    }

    [Fact]
    public async Task Large_messages_are_sent_when_they_fill_the_batch()
    {
        List<int> flushes = [];
        var large = new string('x', 4000);
        await ServeAllAsync(["a", "b", "c", "d", "e", "f"], async (peer, _) =>
        {
            await peer.WriteAsync(large);
            flushes.Add(_output.Flushes);
        });

        Assert.Equal([0, 0, 0, 0, 1, 2], flushes);
    }

    [Fact]
    public async Task Flush_sends_at_once_and_costs_nothing_twice()
    {
        List<int> flushes = [];
        await ServeAllAsync(["a", "b", "end"], async (peer, line) =>
        {
            await peer.WriteAsync(line);
            await peer.FlushAsync();
            flushes.Add(_output.Flushes);
        });

        Assert.Equal([1, 2, 4], flushes);
    }

    [Fact]
    public async Task Message_that_cannot_be_encoded_sends_those_before_it()
    {
        List<int> flushes = [];
        await ServeAllAsync(["a", "bad", "end"], async (peer, line) =>
        {
            if (line != "bad")
                await peer.WriteAsync(line);
            else
                await Assert.ThrowsAsync<FrameException>(() => peer.WriteAsync("two\nlines", Cancelled).AsTask());
            flushes.Add(_output.Flushes);
        });

        Assert.Equal([0, 1, 2], flushes);
    }

    [Fact]
    public async Task Write_on_another_thread_is_sent_at_once_with_everything_before_it()
    {
        List<int> flushes = [];
        await ServeAllAsync(["a", "b", "end"], async (peer, line) =>
        {
            if (line == "b")
                Task.Run(() => peer.WriteAsync(line, Cancelled).AsTask(), Cancelled).GetAwaiter().GetResult();
            else
                await peer.WriteAsync(line);
            flushes.Add(_output.Flushes);
        });

        Assert.Equal([0, 1, 2], flushes);
    }

    [Fact]
    public async Task Use_of_the_connection_below_ends_the_batching_for_good()
    {
        List<int> flushes = [];
        await ServeAllAsync(["a", "b", "c", "end"], async (peer, line) =>
        {
            await peer.WriteAsync(line);
            if (line == "b")
                Assert.Same(_server, peer.Connection);
            flushes.Add(_output.Flushes);
        });

        Assert.Equal([0, 1, 2, 3], flushes);
    }

    [Fact]
    public async Task Loop_that_is_left_has_sent_everything()
    {
        var flushes = -1;
        await _client.WriteManyAsync(["STARTTLS", "injected"], Cancelled);

        await ServeAsync(async peer =>
        {
            await foreach (var line in peer.ReadAllAsync())
            {
                await peer.WriteAsync($"go {line}");
                break;
            }

            flushes = _output.Flushes;
        });

        Assert.Equal(1, flushes);
        Assert.Equal(["go STARTTLS"], await _client.ReadAllAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Single_reads_batch_like_a_loop()
    {
        await _client.WriteManyAsync(Enumerable.Range(0, 20).Select(i => $"{i}"), Cancelled);
        await _client.CompleteWritesAsync(Cancelled);

        await ServeAsync(async peer =>
        {
            while ((await peer.ReadAsync()).TryGetMessage(out var line))
                await peer.WriteAsync(line);
        });

        Assert.Equal(20, (await _client.ReadAllAsync(Cancelled).ToListAsync(Cancelled)).Count);
        Assert.InRange(_output.Flushes, 1, 2);
    }

    [Fact]
    public async Task Peer_that_does_not_read_still_holds_up_the_handler()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 64);
        var read = 0;
        await client.AsMessages(Lines).WriteManyAsync(["a", "b"], Cancelled);
        var serving = RunAsync(server.AsMessages(Lines), async peer =>
        {
            await foreach (var _ in peer.ReadAllAsync())
            {
                Interlocked.Increment(ref read);
                await peer.WriteAsync(new string('x', 100));
            }
        });
        await BoundedWait.Until(() => Volatile.Read(ref read) == 2, "the handler has read both");

        var more = client.AsMessages(Lines);
        await more.WriteManyAsync(["c", "d", "e"], Cancelled);
        await client.Transport.Output.CompleteAsync();

        Assert.InRange(Volatile.Read(ref read), 2, 3);
        Assert.Equal(5, (await more.ReadAllAsync(Cancelled).ToListAsync(Cancelled).AsTask().Within()).Count);
        await serving.Within();
    }

    [Fact]
    public async Task Batching_continues_after_a_wait_for_the_peer()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 8 * 1024);
        server.Clock = _time;
        var output = new CountingWriter(server.Transport.Output);
        server.Transport = new DuplexPipe(server.Transport.Input, output);
        var sender = client.AsMessages(Lines);
        // Each answer to "long" fills the pipe, so that the handler waits for the peer; the rest fits.
        await sender.WriteManyAsync(["long", .. Enumerable.Repeat("short", 50)], Cancelled);
        await sender.CompleteWritesAsync(Cancelled);
        var isWaiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var serving = RunAsync(
            server.AsMessages(Codec.Lines(maxLength: 20_000)),
            async peer =>
            {
                await foreach (var line in peer.ReadAllAsync())
                    await peer.WriteAsync(line == "long" ? new string('x', 17_000) : line);
            },
            isWaiting);

        await isWaiting.Task.Within();
        var answers = await client.AsMessages(Codec.Lines(maxLength: 20_000)).ReadAllAsync(Cancelled).CountAsync(Cancelled);

        Assert.Equal(51, answers);
        Assert.InRange(output.Flushes, 2, 4);
        await serving.Within();
    }

    private static async Task EchoAsync(MessageConnection<string> peer)
    {
        await foreach (var line in peer.ReadAllAsync())
            await peer.WriteAsync(line);
    }

    /// <summary>Serves as a server does, on a thread without a context, and ends the connection.</summary>
    /// <param name="messages">The connection.</param>
    /// <param name="handler">The handler.</param>
    /// <param name="isWaiting">Completed when the handler waits for the first time.</param>
    private static Task RunAsync(
        MessageConnection<string> messages, Func<MessageConnection<string>, Task> handler,
        TaskCompletionSource? isWaiting = null) => Task.Run(
        async () =>
        {
            var serving = messages.ServeAsync(handler);
            isWaiting?.SetResult();
            await serving;
            await messages.ConnectionBelow.DisposeAsync();
        },
        Cancelled);

    private Task ServeAsync(Func<MessageConnection<string>, Task> handler) => RunAsync(_server.AsMessages(Lines), handler);

    /// <summary>Serves messages that arrive together; the handler does not wait between them.</summary>
    private async Task ServeAllAsync(string[] lines, Func<MessageConnection<string>, string, Task> handler)
    {
        await _client.WriteManyAsync(lines, Cancelled);
        await _client.CompleteWritesAsync(Cancelled);
        await ServeAsync(async peer =>
        {
            await foreach (var line in peer.ReadAllAsync())
                await handler(peer, line);
        });
    }
}
