using System.IO.Pipelines;
using Sockeye.Comparison.Load;

namespace Sockeye.Comparison.Tests;

public sealed class LoadTests
{
    [Fact]
    public async Task Right_echo_passes()
    {
        var wire = new Pipe(new(pauseWriterThreshold: 0));

        await EchoCheck.RunAsync(wire.Reader, wire.Writer, new(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200_000)]
    public async Task Wrong_byte_in_an_echo_is_found(int position)
    {
        var there = new Pipe(new(pauseWriterThreshold: 0));
        var back = new Pipe(new(pauseWriterThreshold: 0));
        var checking = EchoCheck.RunAsync(back.Reader, there.Writer, new(1));
        var sent = await there.Reader.ReadAtLeastAsync(250_020, TestContext.Current.CancellationToken);
        var bytes = System.Buffers.BuffersExtensions.ToArray(sent.Buffer);
        bytes[position] ^= 1;

        await back.Writer.WriteAsync(bytes, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<InvalidDataException>(() => checking);
    }

    [Fact]
    public async Task Unexpected_bytes_and_missing_bytes_are_errors()
    {
        var wire = new Pipe();
        await wire.Writer.WriteAsync(new byte[10], TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<InvalidDataException>(() => Exchange.ReadAsync(wire.Reader, 9).AsTask());

        var ended = new Pipe();
        await ended.Writer.WriteAsync(new byte[10], TestContext.Current.CancellationToken);
        await ended.Writer.CompleteAsync();
        await Assert.ThrowsAsync<EndOfStreamException>(() => Exchange.ReadAsync(ended.Reader, 11).AsTask());
    }

    [Fact]
    public void Latencies_outside_the_window_are_not_kept()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var recorder = new LoadRecorder(time);
        recorder.Add(1, Ago(TimeSpan.FromSeconds(1)));
        recorder.Open();
        recorder.Add(3, Ago(TimeSpan.FromMilliseconds(2)));
        recorder.AddStall(Ago(TimeSpan.FromMilliseconds(5)));
        recorder.AddStall(Ago(TimeSpan.FromMilliseconds(4)));
        recorder.IsOpen = false;
        recorder.Add(1, Ago(TimeSpan.FromSeconds(1)));

        Assert.Equal(5, recorder.Messages);
        Assert.InRange(recorder.Percentile(99.9)!.Value, 1999, 2001);
        Assert.Equal(5, recorder.LongestWaitMs);

        long Ago(TimeSpan duration)
        {
            var then = recorder.Now();
            time.Advance(duration);
            return then;
        }
    }

    [Fact]
    public void Frames_start_with_their_length()
    {
        Assert.Equal([0, 0, 0, 2, 0, 0, 0, 0, 0, 2, 0, 0], Exchange.Frames(2, 2));
    }
}
