using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>The result of adding a frame to a <see cref="BroadcastQueue"/>.</summary>
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

/// <summary>The queue of frames for one member of a group. Safe to call from any thread.</summary>
/// <remarks>
/// The queue is idle, or one sender is running. The caller that starts the sender sends until <see cref="TryStopSending"/>
/// returns true.
/// </remarks>
internal sealed class BroadcastQueue(int limit)
{
    private readonly Lock _lock = new();
    private readonly Queue<PooledBuffer> _frames = new();
    private TaskCompletionSource? _roomWaiter;
    private int _allowance;
    private bool _isSending;
    private bool _isClosed;
    private bool _isHeld;

    public int Count
    {
        get
        {
            lock (_lock)
                return _frames.Count;
        }
    }

    /// <summary>Lets more frames into the queue, once: those that a new member receives at its start.</summary>
    public void Allow(int frames)
    {
        lock (_lock)
            _allowance += frames;
    }

    public EnqueueResult TryEnqueue(PooledBuffer frame)
    {
        lock (_lock)
        {
            Debug.Assert(_frames.Count <= limit + _allowance, "The queue never exceeds its limit.");
            if (_isClosed || _isHeld)
                return EnqueueResult.Closed;
            if (_frames.Count == limit + _allowance)
                return EnqueueResult.Full;
            frame.AddReference();
            _frames.Enqueue(frame);
            if (_isSending)
                return EnqueueResult.Queued;
            _isSending = true;
            return EnqueueResult.QueuedToIdle;
        }
    }

    /// <summary>Takes the first frame, which the caller has to release.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out PooledBuffer frame)
    {
        lock (_lock)
        {
            Debug.Assert(_isSending, "Only a running sender takes frames.");
            if (!_frames.TryDequeue(out frame))
                return false;
            if (_allowance > 0)
                _allowance--;
            ReleaseWaiterLocked();
            return true;
        }
    }

    /// <summary>Ends the sending if no frame is left.</summary>
    public bool TryStopSending()
    {
        lock (_lock)
        {
            Debug.Assert(_isSending, "A sender is running.");
            _isSending = _frames.Count > 0;
            return !_isSending;
        }
    }

    /// <summary>Rejects further frames until <see cref="EndHold"/>: the connection may move.</summary>
    public void Hold()
    {
        lock (_lock)
            _isHeld = true;
    }

    public void EndHold()
    {
        lock (_lock)
            _isHeld = false;
    }

    /// <summary>Takes a frame although no sender runs, or although one waits. The caller has to release it.</summary>
    public PooledBuffer? TryTakeHeld()
    {
        lock (_lock)
        {
            Debug.Assert(_isHeld, "Nothing is added meanwhile.");
            return _frames.TryDequeue(out var frame) ? frame : null;
        }
    }

    /// <summary>Closes the queue, and adds its frames to that of the connection that continues this one. A later frame, for
    /// which this queue was full, comes behind them.</summary>
    /// <returns>True if the caller has to start a sender of the other queue.</returns>
    public bool CloseAndMoveTo(BroadcastQueue next)
    {
        lock (_lock)
        {
            _isClosed = true;
            var isStarting = next.Append(_frames);
            _frames.Clear();
            ReleaseWaiterLocked();
            return isStarting;
        }
    }

    private bool Append(Queue<PooledBuffer> frames)
    {
        lock (_lock)
        {
            _allowance += frames.Count;
            foreach (var frame in frames)
                _frames.Enqueue(frame);
            if (_isSending || frames.Count == 0)
                return false;
            _isSending = true;
            return true;
        }
    }

    /// <summary>Completes when the queue has room or is closed. One caller at a time.</summary>
    public async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource room;
        lock (_lock)
        {
            Debug.Assert(_roomWaiter is null or { Task.IsCompleted: true }, "One caller waits at a time.");
            if (_isClosed || _frames.Count < limit + _allowance)
                return;
            _roomWaiter = room = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using var cancelling = cancellationToken.UnsafeRegister(
            static (room, token) => ((TaskCompletionSource)room!).TrySetCanceled(token), room);
        await room.Task;
    }

    /// <summary>Rejects further frames. Queued frames are still sent.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            ReleaseWaiterLocked();
        }
    }

    /// <summary>Rejects further frames, and discards the queued ones.</summary>
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
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _roomWaiter?.TrySetResult();
        _roomWaiter = null;
    }
}
