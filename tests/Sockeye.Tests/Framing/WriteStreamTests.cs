using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>Messages that come one after another, from an asynchronous enumeration or a channel.</summary>
public sealed class WriteStreamTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 100);

    private readonly MessageConnection<string> _sender;
    private readonly MessageConnection<string> _receiver;
    private readonly CountingWriter _output;

    public WriteStreamTests()
    {
        var (client, server) = MemoryConnection.CreatePair(capacity: 1000);
        _output = new(client.Transport.Output);
        client.Transport = new DuplexPipe(client.Transport.Input, _output);
        (_sender, _receiver) = (client.AsMessages(Lines), server.AsMessages(Lines));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_of_an_enumeration_that_are_available_are_sent_together()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var writing = _sender.WriteManyAsync(CreateAsync(gate.Task), Cancelled).AsTask();
        Assert.Equal(["0", "1", "2"], await ReadAsync(3));
        Assert.Equal(1, _output.Flushes);
        gate.SetResult();

        Assert.Equal(["3", "4", "5"], await ReadAsync(3));
        await writing.Within();
        Assert.Equal(2, _output.Flushes);
    }

    [Fact]
    public async Task Messages_of_a_channel_are_sent_until_it_is_completed()
    {
        var channel = Channel.CreateUnbounded<string>();
        for (var i = 0; i < 10; i++)
            channel.Writer.TryWrite($"{i}");

        var writing = _sender.WriteManyAsync(channel.Reader, Cancelled).AsTask();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), await ReadAsync(10));
        Assert.Equal(1, _output.Flushes);
        Assert.False(writing.IsCompleted);
        channel.Writer.TryWrite("last");
        channel.Writer.Complete();

        Assert.Equal(["last"], await ReadAsync(1));
        await writing.Within();
    }

    [Fact]
    public async Task Other_writers_come_between()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = _sender.WriteManyAsync(CreateAsync(gate.Task), Cancelled).AsTask();
        await ReadAsync(3);

        await _sender.WriteAsync("between", Cancelled);
        gate.SetResult();

        Assert.Equal(["between", "3", "4", "5"], await ReadAsync(4));
        await writing.Within();
    }

    [Fact]
    public async Task Message_that_cannot_be_encoded_ends_the_call_and_those_before_it_are_sent()
    {
        var channel = Channel.CreateUnbounded<string>();
        channel.Writer.TryWrite("sound");
        channel.Writer.TryWrite("two\nlines");
        channel.Writer.TryWrite("never taken");

        await Assert.ThrowsAsync<FrameException>(() => _sender.WriteManyAsync(channel.Reader, Cancelled).AsTask().Within());
        await Assert.ThrowsAsync<FrameException>(
            () => _sender.WriteManyAsync(CreateAsync("also", "two\nlines", "x"), Cancelled).AsTask().Within());
        await _sender.WriteAsync("after", Cancelled);

        Assert.Equal(["sound", "also", "after"], await ReadAsync(3));
        Assert.True(channel.Reader.TryRead(out var left));
        Assert.Equal("never taken", left);
    }

    [Fact]
    public async Task Cancelled_call_ends_while_it_waits_for_a_message_or_for_the_peer()
    {
        var channel = Channel.CreateUnbounded<string>();
        using var cancel = new CancellationTokenSource();
        var idle = _sender.WriteManyAsync(channel.Reader, cancel.Token).AsTask();
        var blocked = _sender.WriteManyAsync(CreateEndlesslyAsync(cancel.Token), cancel.Token).AsTask();
        await BoundedWait.Until(() => _output.Flushes > 0, "the peer has something to read");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => idle.Within());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => blocked.Within());
        Assert.Equal(new string('x', 90), (await ReadAsync(1))[0]);
    }

    [Fact]
    public async Task Exception_of_the_enumeration_reaches_the_caller_after_its_messages_are_sent()
    {
        await Assert.ThrowsAsync<FormatException>(
            () => _sender.WriteManyAsync(FailAsync(), Cancelled).AsTask().Within());

        Assert.Equal(["before"], await ReadAsync(1));

        static async IAsyncEnumerable<string> FailAsync()
        {
            yield return "before";
            await Task.CompletedTask;
            throw new FormatException();
        }
    }

    [Fact]
    public async Task Missing_messages_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>(
            () => _sender.WriteManyAsync((IAsyncEnumerable<string>)null!, Cancelled).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(
            () => _sender.WriteManyAsync((ChannelReader<string>)null!, Cancelled).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(
            () => _sender.WriteManyAsync(new string[] { null! }.ToAsyncEnumerable(), Cancelled).AsTask());
    }

    private static IAsyncEnumerable<string> CreateAsync(params string[] lines) => lines.ToAsyncEnumerable();

    private static async IAsyncEnumerable<string> CreateAsync(Task gate)
    {
        for (var i = 0; i < 6; i++)
        {
            if (i == 3)
                await gate;
            yield return $"{i}";
        }
    }

    private static async IAsyncEnumerable<string> CreateEndlesslyAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            yield return new string('x', 90);
            await Task.CompletedTask;
        }
    }

    private Task<List<string>> ReadAsync(int count) =>
        _receiver.ReadAllAsync(Cancelled).Take(count).ToListAsync(Cancelled).AsTask().Within();
}
