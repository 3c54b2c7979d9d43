using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class TryReadTests
{
    private readonly MemoryConnection _peer;
    private readonly MessageConnection<string> _messages;

    public TryReadTests()
    {
        (_peer, var server) = MemoryConnection.CreatePair();
        _messages = server.AsMessages(Codec.Lines(maxLength: 16));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Message_is_read_if_it_has_arrived_whole()
    {
        Assert.False(_messages.TryRead(out _));
        await _peer.SendAsync("one\ntwo\nthr");

        Assert.True(_messages.TryRead(out var one));
        Assert.True(_messages.TryRead(out var two));
        Assert.False(_messages.TryRead(out var none));
        Assert.Equal(("one", "two", null), (one, two, none));

        await _peer.SendAsync("ee\n");
        Assert.Equal("three", await _messages.ReadAllAsync(Cancelled).FirstAsync(Cancelled));
    }

    [Fact]
    public async Task Loop_takes_what_has_arrived_together_and_continues_after_it()
    {
        List<List<string>> batches = [];
        await _peer.SendAsync("one\ntwo\nthr");

        await foreach (var line in _messages.ReadAllAsync(Cancelled))
        {
            List<string> batch = [line];
            while (_messages.TryRead(out var next))
                batch.Add(next);
            batches.Add(batch);
            if (batches.Count == 1)
            {
                await _peer.SendAsync("ee\nfour\n");
                await _peer.Transport.Output.CompleteAsync();
            }
        }

        Assert.Equal(["one", "two"], batches[0]);
        Assert.Equal(["three", "four"], batches[1]);
        Assert.Equal(2, batches.Count);
    }

    [Fact]
    public async Task Loop_whose_body_reads_what_arrives_meanwhile_misses_nothing()
    {
        await _peer.SendAsync("one\n");
        List<string> lines = [];

        await foreach (var line in _messages.ReadAllAsync(Cancelled))
        {
            lines.Add(line);
            if (line == "one")
            {
                await _peer.SendAsync("two\nhalf");
                Assert.True(_messages.TryRead(out var two));
                lines.Add(two);
                Assert.False(_messages.TryRead(out _));
                await _peer.SendAsync(" done\n");
                await _peer.Transport.Output.CompleteAsync();
            }
        }

        Assert.Equal(["one", "two", "half done"], lines);
    }

    [Fact]
    public async Task End_within_a_message_is_an_error_in_and_outside_a_loop()
    {
        await _peer.SendAsync("one\nhalf");
        await _peer.Transport.Output.CompleteAsync();

        var error = await Assert.ThrowsAsync<FrameException>(async () =>
        {
            await foreach (var _ in _messages.ReadAllAsync(Cancelled))
                Assert.False(_messages.TryRead(out var _));
        });
        var later = Assert.Throws<FrameException>(() => _messages.TryRead(out _));

        Assert.Equal((FrameError.Truncated, FrameError.Truncated), (error.Error, later.Error));
    }

    [Fact]
    public async Task Ended_or_disposed_connection_has_no_message()
    {
        await _peer.SendAsync("one\n");
        await _peer.Transport.Output.CompleteAsync();

        Assert.True(_messages.TryRead(out _));
        Assert.False(_messages.TryRead(out _));
        await _messages.DisposeAsync();
        Assert.False(_messages.TryRead(out _));
    }

    [Fact]
    public async Task Second_reader_is_refused_while_one_waits()
    {
        var reading = _messages.ReadAllAsync(Cancelled).FirstAsync(Cancelled);

        Assert.Throws<InvalidOperationException>(() => _messages.TryRead(out _));
        await _peer.SendAsync("one\n");

        Assert.Equal("one", await reading);
    }
}
