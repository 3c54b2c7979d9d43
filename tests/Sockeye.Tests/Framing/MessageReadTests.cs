using System.Text;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class MessageReadTests
{
    private readonly MemoryConnection _peer;
    private readonly MessageConnection<string> _messages;

    public MessageReadTests()
    {
        (_peer, var server) = MemoryConnection.CreatePair();
        _messages = server.AsMessages(Codec.Lines(maxLength: 16));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_are_read_one_at_a_time_and_then_the_end()
    {
        await SendAsync("one\ntwo\n", end: true);

        Assert.Equal("one", (await _messages.ReadAsync(Cancelled)).Message);
        var two = await _messages.ReadAsync(Cancelled);
        Assert.True(two.TryGetMessage(out var message));
        Assert.Equal("two", message);
        Assert.False(two.IsCompleted);

        var end = await _messages.ReadAsync(Cancelled);
        Assert.True(end.IsCompleted);
        Assert.False(end.TryGetMessage(out _));
        Assert.Throws<EndOfStreamException>(() => end.Message);
        Assert.True((await _messages.ReadAsync(Cancelled)).IsCompleted);
    }

    [Fact]
    public async Task Loop_and_single_reads_follow_each_other()
    {
        await SendAsync("one\ntwo\nthree\nfour\n", end: true);

        Assert.Equal("one", (await _messages.ReadAsync(Cancelled)).Message);
        Assert.Equal("two", await _messages.ReadAllAsync(Cancelled).FirstAsync(Cancelled));
        Assert.Equal("three", (await _messages.ReadAsync(ReadUntil.PeerEnds, Cancelled)).Message);
        Assert.Equal(["four"], await _messages.ReadAllAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Read_waits_for_the_whole_message()
    {
        await SendAsync("on", end: false);
        var reading = _messages.ReadAsync(Cancelled);
        Assert.False(reading.IsCompleted);

        await SendAsync("e\n", end: false);

        Assert.Equal("one", (await reading).Message);
    }

    [Fact]
    public async Task Cancelled_read_loses_nothing()
    {
        using var cancel = new CancellationTokenSource();
        await SendAsync("on", end: false);
        var reading = _messages.ReadAsync(cancel.Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.AsTask());

        await SendAsync("e\n", end: false);

        Assert.Equal("one", (await _messages.ReadAsync(Cancelled)).Message);
    }

    [Fact]
    public async Task End_within_a_message_and_a_long_message_are_errors()
    {
        await SendAsync("one\nhalf", end: true);

        Assert.Equal("one", (await _messages.ReadAsync(Cancelled)).Message);
        var error = await Assert.ThrowsAsync<FrameException>(() => _messages.ReadAsync(Cancelled).AsTask());

        Assert.Equal(FrameError.Truncated, error.Error);
        Assert.Equal(CloseCause.ProtocolError, _messages.CloseReason?.Cause);
    }

    [Fact]
    public async Task Second_reader_is_refused_while_one_waits()
    {
        var reading = _messages.ReadAsync(Cancelled);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => _messages.ReadAsync(Cancelled).AsTask());
        Assert.Contains("one reader at a time", error.Message);

        await SendAsync("one\n", end: false);
        Assert.Equal("one", (await reading).Message);
    }

    [Fact]
    public async Task Disposal_ends_a_read_that_waits()
    {
        var reading = _messages.ReadAsync(Cancelled);

        await _messages.DisposeAsync();

        Assert.True((await reading).IsCompleted);
    }

    [Fact]
    public async Task Borrowed_message_is_valid_until_the_next_read()
    {
        var (peer, server) = MemoryConnection.CreatePair();
        var frames = server.AsMessages(Codec.Delimited("\n"u8, 16).WithoutCopying());
        await peer.Transport.Output.WriteAsync("one\n"u8.ToArray(), Cancelled);
        var one = (await frames.ReadAsync(Cancelled)).Message;
        await peer.Transport.Output.WriteAsync("two\n"u8.ToArray(), Cancelled);

        Assert.Equal("one", Encoding.UTF8.GetString(one));
        Assert.Equal("two", Encoding.UTF8.GetString((await frames.ReadAsync(Cancelled)).Message));
    }

    [Fact]
    public void Stop_of_the_server_returns_what_has_arrived_and_then_the_end() => Simulated.Run(5, async world =>
    {
        List<string> read = [];
        await using var server = await world.StartWith(listen => listen.Run(Codec.Lines(maxLength: 16), async peer =>
        {
            await peer.WriteAsync("ready");
            while ((await peer.ReadAsync()).TryGetMessage(out var line))
                read.Add(line);
            read.Add("end");
            if ((await peer.ReadAsync(ReadUntil.PeerEnds)).TryGetMessage(out var late))
                read.Add(late);
        }));
        await using var connection = await world.Connect();
        var client = connection.AsMessages(Codec.Lines(maxLength: 16));
        await client.ReadAsync();
        await client.WriteAsync("one");
        await world.Until(() => read.Count == 1, "the line was read");

        var stopping = server.StopAsync();
        await world.Until(() => read.Count == 2, "the reading ended");
        await client.WriteAsync("late");

        Assert.Equal(1, (await stopping).Drained);
        Assert.Equal(["one", "end", "late"], read);
    });

    [Fact]
    public async Task Read_of_a_message_that_is_there_allocates_nothing()
    {
        var (peer, server) = MemoryConnection.CreatePair();
        var frames = server.AsMessages(Codec.FixedSize(1).WithoutCopying());
        await peer.Transport.Output.WriteAsync(new byte[1400], Cancelled);

        Assert.Equal(0, Allocations.Of(200, () => Completed.Synchronously(frames.ReadAsync())));
    }

    private async Task SendAsync(string text, bool end)
    {
        await _peer.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(text), Cancelled);
        if (end)
            await _peer.Transport.Output.CompleteAsync();
    }
}
