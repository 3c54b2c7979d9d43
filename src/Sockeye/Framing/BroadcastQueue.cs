using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>What came of adding a frame to a <see cref="BroadcastQueue"/>.</summary>
internal enum EnqueueResult
{
    /// <summary>The frame is in the queue, and a sender is running.</summary>
    Queued,

    /// <summary>The frame is in the queue, and the caller has to start a sender.</summary>
    QueuedToIdle,

    /// <summary>The queue is full.</summary>
    Full,

    /// <summary>The queue is closed.</summary>
    Closed,
}

/// <summary>What one member of a group has yet to be sent. Safe from any thread.</summary>
/// <remarks>
/// It is at rest, or somebody is sending: whoever wakes it has to send until <see cref="TryStopSending"/> answers true.
/// </remarks>
internal sealed class BroadcastQueue(int limit)
{
    private readonly Lock _lock = new();
    private readonly Queue<PooledBuffer> _frames = new();
    private TaskCompletionSource? _roomWaiter;
    private bool _isSending;
    private bool _isClosed;

    public int Count
    {
        get
        {
            lock (_lock)
                return _frames.Count;
        }
    }

    public EnqueueResult TryEnqueue(PooledBuffer frame)
    {
        lock (_lock)
        {
            if (_isClosed)
                return EnqueueResult.Closed;
            if (_frames.Count == limit)
                return EnqueueResult.Full;
            frame.AddReference();
            _frames.Enqueue(frame);
            if (_isSending)
                return EnqueueResult.Queued;
            _isSending = true;
            return EnqueueResult.QueuedToIdle;
        }
    }

    /// <summary>The frame is the caller's to release.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out PooledBuffer frame)
    {
        lock (_lock)
        {
            if (!_frames.TryDequeue(out frame))
                return false;
            ReleaseWaiterLocked();
            return true;
        }
    }

    /// <summary>Ends the sending if nothing is left to send.</summary>
    public bool TryStopSending()
    {
        lock (_lock)
        {
            _isSending = _frames.Count > 0;
            return !_isSending;
        }
    }

    /// <summary>Is over when there is room, or nothing more is taken. For one caller at a time.</summary>
    public async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource room;
        lock (_lock)
        {
            if (_isClosed || _frames.Count < limit)
                return;
            _roomWaiter = room = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using var cancelling = cancellationToken.UnsafeRegister(
            static (room, token) => ((TaskCompletionSource)room!).TrySetCanceled(token), room);
        await room.Task;
    }

    /// <summary>Takes nothing more. What is in is still sent.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            ReleaseWaiterLocked();
        }
    }

    /// <summary>Takes nothing more, and forgets what is in.</summary>
    public void CloseAndDiscard()
    {
        lock (_lock)
        {
            _isClosed = true;
            while (_frames.TryDequeue(out var frame))
                frame.Release();
            ReleaseWaiterLocked();
        }
    }

    private void ReleaseWaiterLocked()
    {
        _roomWaiter?.TrySetResult();
        _roomWaiter = null;
    }
}
