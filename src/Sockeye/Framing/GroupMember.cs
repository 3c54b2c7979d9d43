namespace Sockeye;

/// <summary>One connection's membership in a group: its queue, and the task that empties it.</summary>
internal sealed class GroupMember<TMessage>(
    MessageGroup<TMessage> group,
    MessageWriter<TMessage> writer,
    BroadcastEncoding<TMessage> encoding,
    int queueLimit) : IThreadPoolWorkItem
{
    private CancellationTokenRegistration _closed;
    private CancellationTokenRegistration _disposed;

    public MessageWriter<TMessage> Writer => writer;

    public BroadcastEncoding<TMessage> Encoding => encoding;

    public BroadcastQueue Queue { get; } = new(queueLimit);

    /// <summary>
    /// Removes the member from the group when its connection ends. If the connection has ended already, this call removes it.
    /// </summary>
    public void LeaveOnClose()
    {
        _closed = writer.Connection.ConnectionClosed.UnsafeRegister(OnConnectionLost, this);
        _disposed = writer.Disposed.UnsafeRegister(OnConnectionLost, this);
    }

    public void Unregister()
    {
        // Not Dispose: it would wait for a callback, which may be waiting for the group's lock.
        _closed.Unregister();
        _disposed.Unregister();
    }

    /// <summary>The member that continues this one, whose connection has moved. Set before the queue is closed.</summary>
    public GroupMember<TMessage>? Successor { get; private set; }

    /// <summary>Gives what waits for this member to the one that continues it.</summary>
    public void ContinueAs(GroupMember<TMessage> next)
    {
        Successor = next;
        if (Queue.CloseAndMoveTo(next.Queue))
            next.StartSending();
    }

    /// <summary>Adds a frame to the queue, and starts a sender if none is running.</summary>
    /// <returns>False if the queue is full.</returns>
    public bool TryEnqueue(PooledBuffer frame)
    {
        var result = Queue.TryEnqueue(frame);
        if (result is EnqueueResult.Closed && Successor is { } next)
            return next.TryEnqueue(frame); // A broadcast that waited for room.
        if (result is EnqueueResult.QueuedToIdle)
            StartSending();
        return result is not EnqueueResult.Full;
    }

    private void StartSending() => Scheduling.GetScheduler(writer.Connection).Queue(this);

    /// <summary>Empties the queue, on the scheduler of the connection.</summary>
    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

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
            // Encoding is done, so any error means that the connection accepts no more. Its reader and other writers report why.
            OnConnectionLost();
        }
    }
}
