using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

public sealed class TransportInputTests
{
    private readonly PinnedBlockPool _pool = new();
    private readonly Pipe _pipe;
    private readonly TransportInput _input;

    public TransportInputTests()
    {
        _pipe = new(new PipeOptions(_pool, PipeScheduler.Inline, PipeScheduler.Inline, useSynchronizationContext: false));
        _input = new(_pipe.Reader);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_error_comes_after_the_last_byte_and_then_every_time()
    {
        await WriteAsync("last bytes");
        Fail(new ConnectionResetException("gone"));

        var read = await _input.ReadAsync(Cancellation);
        Assert.Equal(("last bytes", false), (Text(read), read.IsCompleted));
        _input.AdvanceTo(read.Buffer.End);
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<ConnectionResetException>(() => _input.ReadAsync(Cancellation).AsTask());
        Assert.Throws<ConnectionResetException>(() => _input.TryRead(out _));
    }

    [Fact]
    public async Task A_reader_that_wants_more_than_there_will_be_gets_the_error()
    {
        await WriteAsync("half a mess");
        Fail(new ConnectionResetException("gone"));
        for (var i = 0; i < 2; i++)
        {
            // Nothing was examined to the end, so it is shown again.
            var again = await _input.ReadAsync(Cancellation);
            Assert.Equal("half a mess", Text(again));
            _input.AdvanceTo(again.Buffer.Start, again.Buffer.GetPosition(4));
        }

        var read = await _input.ReadAsync(Cancellation);
        _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        await Assert.ThrowsAsync<ConnectionResetException>(() => _input.ReadAsync(Cancellation).AsTask());
    }

    [Fact]
    public async Task A_read_that_waits_gets_the_error_and_the_first_one_stays()
    {
        var reading = _input.ReadAsync(Cancellation).AsTask();
        _input.SetFinalError(new ConnectionResetException("first"));
        _input.SetFinalError(new ConnectionAbortedException("second"));
        await _pipe.Writer.CompleteAsync();
        Assert.Equal("first", (await Assert.ThrowsAsync<ConnectionResetException>(() => reading)).Message);
    }

    [Fact]
    public async Task Without_an_error_the_end_is_an_end()
    {
        await WriteAsync("bye");
        await _pipe.Writer.CompleteAsync();
        var read = await _input.ReadAsync(Cancellation);
        Assert.Equal(("bye", true), (Text(read), read.IsCompleted));
        _input.AdvanceTo(read.Buffer.End);
        Assert.True((await _input.ReadAsync(Cancellation)).IsCompleted);
    }

    [Fact]
    public async Task Retiring_gives_the_memory_back_and_ends_reading()
    {
        await WriteAsync("unread");
        _input.Detach();
        _input.Detach();
        Assert.True((await _pipe.Writer.FlushAsync(Cancellation)).IsCompleted);
        await _pipe.Writer.CompleteAsync();
        Assert.Equal(0, _pool.RentedCount);
        await ShouldBeOverAsync();
    }

    [Fact]
    public async Task Retiring_leaves_a_reader_the_memory_it_holds()
    {
        await WriteAsync("mine");
        var read = await _input.ReadAsync(Cancellation);
        _input.Detach();
        await _pipe.Writer.CompleteAsync();
        _pool.Rent().Memory.Span.Fill(0xFF); // would be the reader's, had it been given back
        Assert.Equal("mine", Text(read));
        Assert.Equal(2, _pool.RentedCount);
        _input.AdvanceTo(read.Buffer.Start);
        Assert.Equal(1, _pool.RentedCount);
        await ShouldBeOverAsync();
    }

    [Fact]
    public async Task Retiring_ends_a_read_that_waits()
    {
        var reading = _input.ReadAsync(Cancellation).AsTask();
        _input.Detach();
        Assert.True((await reading).IsCanceled);
        await ShouldBeOverAsync(); // asking again is enough: there is no memory to advance over
        Assert.True((await _pipe.Writer.FlushAsync(Cancellation)).IsCompleted);
    }

    [Fact]
    public async Task Retiring_while_a_reader_comes_and_goes_is_never_lost()
    {
        // Which step of the reader it meets is chance: in the most rounds, each of them.
        var rounds = Rounds.Of(least: 500, most: 60_000);
        while (rounds.Next())
        {
            var spins = rounds.Begun % 100;
            var pipe = new Pipe();
            await pipe.Writer.WriteAsync(new byte[1], Cancellation);
            var input = new TransportInput(pipe.Reader);
            var isReading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var reading = Task.Run(() =>
            {
                while (input.TryRead(out var read))
                {
                    isReading.TrySetResult();
                    Thread.SpinWait(spins);
                    input.AdvanceTo(read.Buffer.Start);
                    Thread.Yield();
                }
            }, Cancellation);
            await isReading.Task;
            input.Detach();
            await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        }
    }

    [Fact]
    public async Task A_cancelled_read_is_no_longer_pending()
    {
        using var cancelling = new CancellationTokenSource();
        var reading = _input.ReadAsync(cancelling.Token).AsTask();
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        _input.Detach();
        Assert.True((await _pipe.Writer.FlushAsync(Cancellation)).IsCompleted);
    }

    [Fact]
    public async Task Reading_twice_at_a_time_is_an_error_and_takes_nothing_from_the_first()
    {
        await WriteAsync("mine");
        var read = await _input.ReadAsync(Cancellation);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _input.ReadAsync(Cancellation).AsTask());
        Assert.Throws<InvalidOperationException>(() => _input.TryRead(out _));
        _input.Detach();
        await _pipe.Writer.CompleteAsync();
        Assert.Equal(1, _pool.RentedCount);
        Assert.Equal("mine", Text(read));
    }

    [Fact]
    public void Advancing_without_a_read_is_an_error() =>
        Assert.Throws<InvalidOperationException>(() => _input.AdvanceTo(default));

    [Fact]
    public async Task Completing_says_that_the_memory_is_done_with()
    {
        await WriteAsync("whatever");
        await _input.ReadAsync(Cancellation);
        await _input.CompleteAsync();
        await _input.CompleteAsync();
        await _pipe.Writer.CompleteAsync();
        Assert.Equal(0, _pool.RentedCount);
        await ShouldBeOverAsync();
    }

    [Fact]
    public async Task Looking_without_waiting_finds_nothing_or_what_is_there()
    {
        Assert.False(_input.TryRead(out _));
        await WriteAsync("x");
        Assert.True(_input.TryRead(out var read));
        Assert.Equal("x", Text(read));
        _input.AdvanceTo(read.Buffer.End);
        Assert.False(_input.TryRead(out _));
    }

    private static string Text(ReadResult read) => Encoding.UTF8.GetString(read.Buffer);

    private async Task WriteAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text), Cancellation);

    private void Fail(Exception error)
    {
        _input.SetFinalError(error);
        _pipe.Writer.Complete();
    }

    private async Task ShouldBeOverAsync()
    {
        var error = await Assert.ThrowsAsync<ConnectionAbortedException>(() => _input.ReadAsync(Cancellation).AsTask());
        Assert.Contains("closed by this process", error.Message, StringComparison.Ordinal);
    }
}
