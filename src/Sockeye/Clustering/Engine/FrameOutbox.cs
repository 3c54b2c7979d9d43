using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Clustering;

/// <summary>A bounded queue of frames between a cluster and one reader, which sends them. For engines.</summary>
/// <remarks>Any thread may add frames. One reader takes them, in the order in which they were added. A frame that is added is
/// copied into pooled memory.</remarks>
/// <typeparam name="TDestination">The data that the reader needs for each frame, such as its subject.</typeparam>
/// <param name="maxBytes">The maximum number of bytes that wait. A frame that is larger is taken if the queue is empty.</param>
/// <param name="policy">The policy for a full queue. <see cref="SlowNodePolicy.Wait"/> drops here, like
/// <see cref="SlowNodePolicy.Drop"/>: the cluster waits before it adds.</param>
public sealed class FrameOutbox<TDestination>(long maxBytes, SlowNodePolicy policy)
{
    private readonly Lock _lock = new();
    private readonly Queue<QueuedFrame<TDestination>> _frames = new();
    private TaskCompletionSource? _reader;
    private TaskCompletionSource? _room;
    private long _bytes;
    private long _dropped;
    private bool _isCompleted;

    /// <summary>Gets the content of the queue, and the number of frames that it has dropped.</summary>
    public ClusterEngineQueues State
    {
        get
        {
            lock (_lock)
                return new(_frames.Count, _bytes, _dropped);
        }
    }

    /// <summary>Adds a frame, unless the queue is full or completed.</summary>
    /// <param name="destination">The data that the reader needs.</param>
    /// <param name="frame">The frame, which is copied.</param>
    /// <returns>False if this frame is lost. With <see cref="SlowNodePolicy.Disconnect"/>, also if those before it are.</returns>
    public bool TryEnqueue(TDestination destination, ReadOnlySpan<byte> frame)
    {
        TaskCompletionSource? reader;
        var isWhole = true;
        lock (_lock)
        {
            if (_isCompleted)
            {
                _dropped++;
                return false;
            }

            if (_frames.Count > 0 && _bytes + frame.Length > maxBytes)
            {
                isWhole = false;
                if (policy is not SlowNodePolicy.Disconnect)
                {
                    _dropped++;
                    return false;
                }

                _dropped += _frames.Count;
                DiscardLocked();
            }

            _frames.Enqueue(new(destination, PooledBuffer.CopyOf(frame)));
            _bytes += frame.Length;
            (reader, _reader) = (_reader, null);
        }

        reader?.TrySetResult();
        return isWhole;
    }

    /// <summary>Takes the first frame, which the caller has to dispose.</summary>
    /// <param name="frame">The frame.</param>
    /// <returns>False if the queue is empty.</returns>
    public bool TryDequeue([MaybeNullWhen(false)] out QueuedFrame<TDestination> frame)
    {
        TaskCompletionSource? room = null;
        lock (_lock)
        {
            if (!_frames.TryDequeue(out frame))
                return false;
            _bytes -= frame.Bytes.Length;
            Debug.Assert(_bytes >= 0, "Each byte is counted once.");
            if (_bytes <= maxBytes / 2)
                (room, _room) = (_room, null);
        }

        room?.TrySetResult();
        return true;
    }

    /// <summary>Waits for a frame. One caller at a time.</summary>
    /// <param name="cancellationToken">Cancels the wait. If it is cancelled already, the method throws, also if frames wait.
    /// </param>
    /// <returns>False if the queue is empty and completed.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<bool> WaitToDequeueAsync(CancellationToken cancellationToken = default)
    {
        // Also if frames wait: a reader that stops at its cancellation must not find them forever.
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource reader;
        lock (_lock)
        {
            if (_frames.Count > 0 || _isCompleted)
                return _frames.Count > 0;
            Debug.Assert(_reader is null or { Task.IsCompleted: true }, "One reader waits at a time.");
            _reader = reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await WaitAsync(reader, cancellationToken);
        lock (_lock)
            return _frames.Count > 0 || !_isCompleted;
    }

    /// <summary>Completes when at least half of the queue is free, or it is completed. Any number of callers.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask WaitForSpaceAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource room;
        lock (_lock)
        {
            if (_isCompleted || _bytes <= maxBytes / 2)
                return;
            room = _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await room.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Drops all frames that wait.</summary>
    public void Discard()
    {
        TaskCompletionSource? room;
        lock (_lock)
        {
            _dropped += _frames.Count;
            DiscardLocked();
            (room, _room) = (_room, null);
        }

        room?.TrySetResult();
    }

    /// <summary>Ends the queue: it takes no more frames, and the reader ends after the last one.</summary>
    public void Complete()
    {
        TaskCompletionSource? reader, room;
        lock (_lock)
        {
            _isCompleted = true;
            (reader, _reader, room, _room) = (_reader, null, _room, null);
        }

        reader?.TrySetResult();
        room?.TrySetResult();
    }

    private static async Task WaitAsync(TaskCompletionSource source, CancellationToken cancellationToken)
    {
        using var cancelling = cancellationToken.UnsafeRegister(
            static (source, token) => ((TaskCompletionSource)source!).TrySetCanceled(token), source);
        await source.Task;
    }

    private void DiscardLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Frames are discarded under the lock.");
        while (_frames.TryDequeue(out var frame))
            frame.Dispose();
        _bytes = 0;
    }
}
