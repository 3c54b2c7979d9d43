using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class MessageReadingTests
{
    private readonly MemoryConnection _peer;
    private readonly MemoryConnection _server;
    private readonly MessageConnection<string> _messages;

    public MessageReadingTests()
    {
        (_peer, _server) = MemoryConnection.CreatePair();
        _messages = _server.AsMessages(Codec.Lines(maxLength: 16));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_come_until_the_peer_ends_its_side()
    {
        await SendAsync("one\ntwo\n", end: true);

        Assert.Equal(["one", "two"], await _messages.ReadAllAsync(Cancelled).ToListAsync(Cancelled));
        Assert.Equal(_server.RemoteEndPoint, _messages.RemoteEndPoint);
        Assert.Equal(_server.LocalEndPoint, _messages.LocalEndPoint);
        Assert.Same(_server, _messages.Connection);
    }

    [Fact]
    public async Task Reading_goes_on_behind_the_last_message_after_the_loop_was_left()
    {
        await SendAsync("one\ntwo\nthree\n", end: true);

        Assert.Equal("one", await ReadOneAsync(_messages));
        Assert.Equal("two", await ReadOneAsync(_messages));
        Assert.Equal(["three"], await _messages.ReadAllAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Borrowed_message_is_valid_after_the_loop_was_left()
    {
        var frames = _server.AsMessages(Codec.Delimited("\n"u8, 16).WithoutCopying());
        await SendAsync("one\n", end: false);

        var one = await ReadOneAsync(frames);
        // It would go where the message is, had that memory been given back.
        await SendAsync("two\n", end: true);

        Assert.Equal("one", Encoding.UTF8.GetString(one));
        Assert.Equal("two", Encoding.UTF8.GetString(await ReadOneAsync(frames)));
    }

    [Fact]
    public async Task Other_codec_goes_on_where_the_first_one_stopped()
    {
        await SendAsync("upgrade\n", end: false);
        await SendAsync("5:hello,", end: true);

        Assert.Equal("upgrade", await ReadOneAsync(_messages));
        var hello = await ReadOneAsync(_server.AsMessages(Codec.Netstring(16)));
        Assert.Equal("hello", Encoding.UTF8.GetString(hello.Span));
    }

    [Fact]
    public async Task Cancelled_reading_loses_nothing()
    {
        using var cancel = new CancellationTokenSource();
        await SendAsync("one\ntw", end: false);
        await using (var reading = _messages.ReadAllAsync(cancel.Token).GetAsyncEnumerator(Cancelled))
        {
            Assert.True(await reading.MoveNextAsync());
            var waiting = reading.MoveNextAsync();
            Assert.False(waiting.IsCompleted);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.AsTask());
        }

        await SendAsync("o\n", end: true);
        Assert.Equal(["two"], await _messages.ReadAllAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task Cancelled_reading_stops_between_messages_that_are_there_already()
    {
        using var cancel = new CancellationTokenSource();
        await SendAsync("one\ntwo\n", end: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var message in _messages.ReadAllAsync(cancel.Token))
            {
                Assert.Equal("one", message);
                await cancel.CancelAsync();
            }
        });
        Assert.Equal("two", await ReadOneAsync(_messages));
    }

    [Fact]
    public async Task Second_reader_gets_an_error_that_names_the_first()
    {
        await using var first = _messages.ReadAllAsync(Cancelled).GetAsyncEnumerator(Cancelled);
        var waiting = first.MoveNextAsync();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadOneAsync(_messages));

        Assert.Contains(_server.ConnectionId, error.Message, StringComparison.Ordinal);
        await SendAsync("one\n", end: true);
        Assert.True(await waiting);
    }

    [Fact]
    public async Task End_within_a_frame_is_an_error_with_a_reason()
    {
        await SendAsync("one\nunfinished", end: true);

        var error = await Assert.ThrowsAsync<FrameException>(() => ReadToEndAsync(["one"]));

        Assert.Equal(FrameError.Truncated, error.Error);
        Assert.Contains("10 bytes of an unfinished frame", error.Message, StringComparison.Ordinal);
        AssertReason(CloseCause.ProtocolError, error);
    }

    [Fact]
    public async Task Message_over_the_maximum_closes_with_a_limit_after_those_before_it()
    {
        await SendAsync("one\n0123456789abcdefg", end: false);

        var error = await Assert.ThrowsAsync<FrameException>(() => ReadToEndAsync(["one"]));

        Assert.Equal(FrameError.TooLong, error.Error);
        AssertReason(CloseCause.Limit, error);
        await Assert.ThrowsAsync<FrameException>(() => ReadToEndAsync([]));
    }

    [Fact]
    public async Task Malformed_message_is_a_protocol_error()
    {
        await _peer.Transport.Output.WriteAsync(new byte[] { 0xFF, (byte)'\n' }, Cancelled);

        var error = await Assert.ThrowsAsync<FrameException>(() => ReadToEndAsync([]));

        Assert.Equal(FrameError.Malformed, error.Error);
        AssertReason(CloseCause.ProtocolError, error);
    }

    [Fact]
    public async Task Reset_reaches_the_reader()
    {
        var reading = ReadToEndAsync([]);
        _peer.Abort();

        await Assert.ThrowsAsync<ConnectionResetException>(() => reading);
        Assert.Equal(CloseCause.Reset, _messages.CloseReason!.Cause);
    }

    [Fact]
    public async Task Reconnecting_client_sees_an_end_where_the_connection_was_lost()
    {
        _messages.EndsOnConnectionLoss = true;
        var reading = ReadToEndAsync([]);
        _peer.Abort();
        await reading;
        Assert.Equal(CloseCause.Reset, _messages.CloseReason!.Cause);
    }

    [Fact]
    public async Task Reconnecting_client_sees_an_end_where_its_own_side_aborted()
    {
        _messages.EndsOnConnectionLoss = true;
        var reading = ReadToEndAsync([]);
        _server.Abort(CloseCause.Timeout, "idle");
        await reading;
    }

    [Fact]
    public async Task Reconnecting_client_sees_an_end_where_the_peer_ended_within_a_frame()
    {
        _messages.EndsOnConnectionLoss = true;
        await SendAsync("one\ntw", end: true);
        await ReadToEndAsync(["one"]);
    }

    [Fact]
    public async Task Reconnecting_client_still_sees_protocol_errors()
    {
        _messages.EndsOnConnectionLoss = true;
        await SendAsync("0123456789abcdefg", end: false);
        Assert.Equal(FrameError.TooLong, (await Assert.ThrowsAsync<FrameException>(() => ReadToEndAsync([]))).Error);
    }

    [Fact]
    public async Task Stop_hands_out_what_has_arrived_whole_and_then_ends()
    {
        using var stop = SetUpStop();
        await SendAsync("one\ntwo\nunfini", end: false);
        var read = new List<string>();

        await foreach (var message in _messages.ReadAllAsync(Cancelled))
        {
            read.Add(message);
            await stop.CancelAsync();
        }

        Assert.Equal(["one", "two"], read);
        Assert.Null(_messages.CloseReason);
    }

    [Fact]
    public async Task Stop_wakes_a_reader_that_waits()
    {
        using var stop = SetUpStop();
        var reading = ReadToEndAsync([]);
        Assert.False(reading.IsCompleted);

        await stop.CancelAsync();

        await reading;
    }

    [Fact]
    public async Task Stop_ends_although_the_peer_never_pauses()
    {
        using var stop = SetUpStop();
        await SendAsync("message\n", end: false);
        var read = 0;

        await foreach (var message in _messages.ReadAllAsync(Cancelled))
        {
            await stop.CancelAsync();
            await SendAsync("message\n", end: false);
            read++;
        }

        // One that was there, and one look at what came until the stop was seen.
        Assert.Equal(2, read);
    }

    [Fact]
    public async Task Reading_after_the_stop_takes_what_is_there()
    {
        using var stop = SetUpStop();
        await SendAsync("one\n", end: false);
        await stop.CancelAsync();

        await ReadToEndAsync(["one"]);
        await ReadToEndAsync([]);
    }

    [Fact]
    public async Task Dispose_ends_a_reader_that_waits()
    {
        var reading = ReadToEndAsync([]);
        await _messages.DisposeAsync();
        await reading;
        await ReadToEndAsync([]);
    }

    [Fact]
    public async Task Dispose_within_the_loop_ends_it()
    {
        await SendAsync("one\ntwo\n", end: false);
        var read = new List<string>();

        await foreach (var message in _messages.ReadAllAsync(Cancelled))
        {
            read.Add(message);
            await _messages.DisposeAsync();
        }

        Assert.Equal(["one"], read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Codec_that_does_not_move_on_is_a_bug_and_no_endless_loop(bool answersNull)
    {
        var messages = _server.AsMessages(new StuckCodec(answersNull));
        await SendAsync("one\n", end: true);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadOneAsync(messages));

        Assert.Contains(nameof(StuckCodec), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_larger_than_the_pipe_comes_through()
    {
        var (peer, server) = MemoryConnection.CreatePair(capacity: 4096);
        var payload = new byte[1_000_000];
        new Random(1).NextBytes(payload);
        var writing = peer.AsMessages(Codec.LengthPrefixed(payload.Length)).WriteAsync(payload, Cancelled);

        Assert.Equal(payload, (await ReadOneAsync(server.AsMessages(Codec.LengthPrefixed(payload.Length)))).ToArray());
        await writing;
    }

    [Fact]
    public async Task Borrowed_frames_are_read_without_memory()
    {
        var (peer, server) = MemoryConnection.CreatePair(capacity: 1 << 20);
        var frame = Wire.Encode(Codec.LengthPrefixed(64), new byte[64]);
        await using var reading = server.AsMessages(Codec.LengthPrefixed(64).WithoutCopying())
            .ReadAllAsync(Cancelled)
            .GetAsyncEnumerator(Cancelled);
        void ReadOne()
        {
            frame.CopyTo(peer.Transport.Output.GetSpan(frame.Length));
            peer.Transport.Output.Advance(frame.Length);
            Completed.Synchronously(peer.Transport.Output.FlushAsync());
            Assert.True(Completed.Synchronously(reading.MoveNextAsync()));
        }

        Assert.Equal(0, Allocations.Of(10_000, ReadOne));
    }

    private static async Task<TMessage> ReadOneAsync<TMessage>(MessageConnection<TMessage> messages)
    {
        await foreach (var message in messages.ReadAllAsync(Cancelled))
            return message;
        throw new EndOfStreamException();
    }

    private async Task ReadToEndAsync(string[] expected)
    {
        var read = new List<string>();
        try
        {
            await foreach (var message in _messages.ReadAllAsync(Cancelled))
                read.Add(message);
        }
        finally
        {
            Assert.Equal(expected, read);
        }
    }

    private async Task SendAsync(string text, bool end)
    {
        await _peer.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(text), Cancelled);
        if (end)
            await _peer.Transport.Output.CompleteAsync();
    }

    private void AssertReason(CloseCause cause, FrameException error)
    {
        var reason = _messages.CloseReason!;
        Assert.Equal((ClosedBy.Peer, cause, CloseDirection.Input), (reason.By, reason.Cause, reason.Direction));
        Assert.Same(error, reason.Exception);
        Assert.StartsWith("Codec.Lines(maxLength: 16", reason.Description, StringComparison.Ordinal);
    }

    private CancellationTokenSource SetUpStop()
    {
        var stop = new CancellationTokenSource();
        _server.Features.Set<IConnectionLifetimeNotificationFeature>(new StopFeature { ConnectionClosedRequested = stop.Token });
        return stop;
    }

    private sealed class StopFeature : IConnectionLifetimeNotificationFeature
    {
        public CancellationToken ConnectionClosedRequested { get; set; }

        public void RequestClose() => throw new NotSupportedException();
    }

    private sealed class StuckCodec(bool answersNull) : Codec<string>
    {
        public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out string message)
        {
            message = answersNull ? null! : "stuck";
            if (answersNull)
                input = input.Slice(1);
            return true;
        }

        public override void Encode(string message, IBufferWriter<byte> output) => throw new NotSupportedException();
    }
}
