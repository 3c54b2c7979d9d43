using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Pipes;

public sealed class InputPipeTests
{
    private readonly PipeDriver _driver = new();
    private readonly InputPipe _input;

    public InputPipeTests() => _input = _driver.Input;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_error_comes_after_the_last_byte_and_then_every_time()
    {
        Write("last bytes");
        _input.End(new ConnectionResetException("gone"));

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
        Write("half a mess");
        _input.End(new ConnectionResetException("gone"));
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
        _input.End(new ConnectionResetException("first"));
        _input.End(new ConnectionAbortedException("second"));
        Assert.Equal("first", (await Assert.ThrowsAsync<ConnectionResetException>(() => reading)).Message);
    }

    [Fact]
    public async Task Without_an_error_the_end_is_an_end()
    {
        Write("bye");
        _input.End(null);
        var read = await _input.ReadAsync(Cancellation);
        Assert.Equal(("bye", true), (Text(read), read.IsCompleted));
        _input.AdvanceTo(read.Buffer.End);
        Assert.True((await _input.ReadAsync(Cancellation)).IsCompleted);
    }

    [Fact]
    public async Task Retiring_gives_the_memory_back_and_ends_reading()
    {
        Write("unread");
        _input.Detach();
        _input.Detach();
        Assert.Equal(0, _driver.Pool.RentedCount);
        Write("more");
        Assert.Equal((0, 10L), (_driver.Pool.RentedCount, _input.BytesReceived));
        await ShouldBeOverAsync();
    }

    [Fact]
    public async Task Retiring_leaves_a_reader_the_memory_it_holds()
    {
        Write("mine");
        var read = await _input.ReadAsync(Cancellation);
        _input.Detach();
        _input.End(null);
        var other = _driver.Pool.Rent(SegmentPool.TinySize);
        other.Free.Span.Fill(0xFF); // It would be the reader's, had that been given back.
        Assert.Equal("mine", Text(read));
        Assert.Equal(2, _driver.Pool.RentedCount);
        _input.AdvanceTo(read.Buffer.Start);
        Assert.Equal(1, _driver.Pool.RentedCount);
        await ShouldBeOverAsync();
    }

    [Fact]
    public async Task Abandoned_memory_stays_with_its_reader_and_is_never_rented_again()
    {
        Write("mine");
        var read = await _input.ReadAsync(Cancellation);
        _input.Detach();
        _input.End(null);
        _input.Abandon();
        Assert.Equal(0, _driver.Pool.RentedCount);
        for (var i = 0; i < 2 * SegmentPool.MaxKeptBytes / SegmentPool.TinySize; i++)
            _driver.Pool.Rent(SegmentPool.TinySize).Free.Span.Fill(0xFF);
        Assert.Equal("mine", Text(read));
        _input.AdvanceTo(read.Buffer.End);
        await ShouldBeOverAsync();
    }

    [Fact]
    public async Task Receiving_pauses_at_the_limit_and_is_requested_again_at_half_of_it()
    {
        var driver = new PipeDriver { MaxReadBufferSize = 100 };
        driver.Fill(new byte[1000]);
        Assert.InRange(driver.Input.BytesReceived, 100, 100 + SegmentPool.TinySize);
        var read = await driver.Input.ReadAsync(Cancellation);
        Assert.Equal(driver.Input.BytesReceived, read.Buffer.Length);
        driver.Input.AdvanceTo(read.Buffer.Start, read.Buffer.GetPosition(read.Buffer.Length - 51));
        Assert.Equal(0, driver.ReceiveRequests);
        Assert.True(driver.Input.TryRead(out read));
        driver.Input.AdvanceTo(read.Buffer.Start, read.Buffer.GetPosition(read.Buffer.Length - 50));
        Assert.Equal(1, driver.ReceiveRequests);
        Assert.True(driver.Input.TryRead(out read));
        driver.Input.AdvanceTo(read.Buffer.End);
        Assert.Equal(1, driver.ReceiveRequests);
    }

    [Fact]
    public async Task Bytes_that_arrive_after_the_end_do_not_follow_the_error()
    {
        Assert.True(_input.TryBeginFill(SegmentPool.TinySize, out _, out _));
        _input.End(new ConnectionResetException("gone"));
        await Assert.ThrowsAsync<ConnectionResetException>(() => _input.ReadAsync(Cancellation).AsTask());
        _input.EndFill(10);
        await Assert.ThrowsAsync<ConnectionResetException>(() => _input.ReadAsync(Cancellation).AsTask());
        Assert.Equal((0, 0L), (_driver.Pool.RentedCount, _input.BytesReceived));
    }

    [Fact]
    public async Task Retiring_ends_a_read_that_waits()
    {
        var reading = _input.ReadAsync(Cancellation).AsTask();
        _input.Detach();
        Assert.True((await reading).IsCanceled);
        await ShouldBeOverAsync(); // Another read is enough: there is no memory to advance in.
        Write("late");
        Assert.Equal(0, _driver.Pool.RentedCount);
    }

    [Fact]
    public async Task Retiring_while_a_reader_comes_and_goes_is_never_lost()
    {
        // Which step of the reader it meets is chance: in the most rounds, each of them.
        var rounds = Rounds.Of(least: 500, most: 60_000);
        while (rounds.Next())
        {
            var spins = rounds.Begun % 100;
            var driver = new PipeDriver();
            driver.Fill(new byte[1]);
            var input = driver.Input;
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
        Write("late");
        Assert.Equal(0, _driver.Pool.RentedCount);
    }

    [Fact]
    public async Task Reading_twice_at_a_time_is_an_error_and_takes_nothing_from_the_first()
    {
        Write("mine");
        var read = await _input.ReadAsync(Cancellation);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _input.ReadAsync(Cancellation).AsTask());
        Assert.Throws<InvalidOperationException>(() => _input.TryRead(out _));
        _input.Detach();
        _input.End(null);
        Assert.Equal(1, _driver.Pool.RentedCount);
        Assert.Equal("mine", Text(read));
    }

    [Fact]
    public void Advancing_without_a_read_is_an_error() =>
        Assert.Throws<InvalidOperationException>(() => _input.AdvanceTo(default));

    [Fact]
    public async Task Completing_says_that_the_memory_is_done_with()
    {
        Write("whatever");
        await _input.ReadAsync(Cancellation);
        await _input.CompleteAsync();
        await _input.CompleteAsync();
        _input.End(null);
        Assert.Equal(0, _driver.Pool.RentedCount);
        await ShouldBeOverAsync();
    }

    [Fact]
    public async Task Looking_without_waiting_finds_nothing_or_what_is_there()
    {
        Assert.False(_input.TryRead(out _));
        Write("x");
        Assert.True(_input.TryRead(out var read));
        Assert.Equal("x", Text(read));
        _input.AdvanceTo(read.Buffer.End);
        Assert.False(_input.TryRead(out _));
    }

    private static string Text(ReadResult read) => Encoding.UTF8.GetString(read.Buffer);

    private void Write(string text) => _driver.Fill(Encoding.UTF8.GetBytes(text));

    private async Task ShouldBeOverAsync()
    {
        var error = await Assert.ThrowsAsync<ConnectionAbortedException>(() => _input.ReadAsync(Cancellation).AsTask());
        Assert.Contains("closed by this process", error.Message, StringComparison.Ordinal);
    }
}
