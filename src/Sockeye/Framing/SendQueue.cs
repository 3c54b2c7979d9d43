namespace Sockeye;

/// <summary>The bounded queue of messages that <c>TrySend</c> has accepted, which a task writes in the background.</summary>
internal sealed class SendQueue<TOut>(MessageWriter<TOut> writer, int limit) : IThreadPoolWorkItem
{
    /// <summary>The queue, which closing the connection empties.</summary>
    public BroadcastQueue Frames { get; } = new(limit);

    /// <summary>Encodes the message and queues it. Never waits.</summary>
    public EnqueueResult TryEnqueue(TOut message)
    {
        var frame = PooledBuffer.Rent();
        try
        {
            writer.Encoder.Encode(message, frame);
            var result = Frames.TryEnqueue(frame);
            if (result is EnqueueResult.QueuedToIdle)
                Scheduling.GetScheduler(writer.Connection).Queue(this);
            return result;
        }
        finally
        {
            frame.Release();
        }
    }

    /// <summary>Empties the queue, on the scheduler of the connection.</summary>
    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private async Task SendAsync()
    {
        try
        {
            await writer.WriteAsync(Frames);
        }
        catch (Exception)
        {
            // The connection accepts no more; its close reason says why. If it was disposed, closing writes what is queued.
            if (!writer.Disposed.IsCancellationRequested)
                Frames.CloseAndDiscard();
        }
    }
}
