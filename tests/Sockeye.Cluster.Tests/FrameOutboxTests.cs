namespace Sockeye.Clustering.Tests;

/// <summary>The queue between a cluster and the reader of an engine.</summary>
public sealed class FrameOutboxTests
{
    [Fact]
    public async Task Reader_whose_token_is_cancelled_ends_although_frames_wait()
    {
        var outbox = new FrameOutbox<int>(maxBytes: 100, SlowNodePolicy.Drop);
        Assert.True(outbox.TryEnqueue(1, "frame"u8));

        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await outbox.WaitToDequeueAsync(new CancellationToken(canceled: true)));

        Assert.True(await outbox.WaitToDequeueAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Full_queue_drops_and_has_space_again_when_half_of_it_is_free()
    {
        var outbox = new FrameOutbox<int>(maxBytes: 10, SlowNodePolicy.Drop);
        Assert.True(outbox.TryEnqueue(1, "12345"u8));
        Assert.True(outbox.TryEnqueue(2, "12345"u8));
        Assert.False(outbox.TryEnqueue(3, "1"u8));
        var space = outbox.WaitForSpaceAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(space.IsCompleted);

        Assert.True(outbox.TryDequeue(out var first));
        first.Dispose();

        await space;
        Assert.Equal((1L, 5L, 1L), (outbox.State.Frames, outbox.State.Bytes, outbox.State.DroppedFrames));
        Assert.Equal(1, first.Destination);
    }

    [Fact]
    public void Policy_disconnect_keeps_the_newest_frame_only()
    {
        var outbox = new FrameOutbox<int>(maxBytes: 10, SlowNodePolicy.Disconnect);
        Assert.True(outbox.TryEnqueue(1, "12345678"u8));

        Assert.False(outbox.TryEnqueue(2, "12345678"u8));

        Assert.True(outbox.TryDequeue(out var newest));
        Assert.Equal(2, newest.Destination);
        newest.Dispose();
        Assert.False(outbox.TryDequeue(out _));
    }
}
