namespace Sockeye;

/// <summary>One connection's part in a group: its queue, and the work that empties it.</summary>
internal sealed class GroupMember<TMessage>(
    MessageGroup<TMessage> group,
    MessageWriter<TMessage> writer,
    BroadcastEncoding<TMessage> encoding,
    int queueLimit)
{
    private CancellationTokenRegistration _closed;
    private CancellationTokenRegistration _disposed;

    public MessageWriter<TMessage> Writer => writer;

    public BroadcastEncoding<TMessage> Encoding => encoding;

    public BroadcastQueue Queue { get; } = new(queueLimit);

    /// <summary>
    /// Leaves the group by itself when the connection ends. One that has ended already leaves within this call.
    /// </summary>
    public void LeaveOnClose()
    {
        _closed = writer.Connection.ConnectionClosed.UnsafeRegister(OnConnectionLost, this);
        _disposed = writer.Disposed.UnsafeRegister(OnConnectionLost, this);
    }

    public void Unregister()
    {
        // Not Dispose, which would wait for a callback that may be waiting for the group's lock.
        _closed.Unregister();
        _disposed.Unregister();
    }

    /// <summary>Puts a frame into the queue, and starts the sending if it is at rest.</summary>
    /// <returns>False when the queue is full.</returns>
    public bool TryEnqueue(PooledBuffer frame)
    {
        var answer = Queue.TryEnqueue(frame);
        if (answer is EnqueueResult.QueuedToIdle)
            Scheduling.GetScheduler(writer.Connection).Schedule(static member => _ = ((GroupMember<TMessage>)member!).SendAsync(), this);
        return answer is not EnqueueResult.Full;
    }

    private static void OnConnectionLost(object? member) => ((GroupMember<TMessage>)member!).OnConnectionLost();

    private void OnConnectionLost()
    {
        group.Remove(this);
        Queue.CloseAndDiscard();
    }

    private async Task SendAsync()
    {
        try
        {
            await writer.WriteAsync(Queue);
        }
        catch (Exception)
        {
            // Frames are only copied here, so whatever it is, this connection takes no more: its own reader and writers hear why.
            OnConnectionLost();
        }
    }
}
