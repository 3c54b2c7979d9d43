using System.Buffers;
using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>A bounded queue of frames between connections and the writer. Adding never waits.</summary>
/// <remarks>Adding is safe from any thread, and allocates nothing once the lists have grown. Taking is for one caller.</remarks>
internal sealed class FrameQueue(long maxBytes) : IValueTaskSource<bool>
{
    /// <summary>The cost of a frame in addition to its data, so that frames without data are limited too.</summary>
    private const int FrameCost = 256;

    private readonly Lock _lock = new();
    private List<CapturedFrame> _added = [];
    private List<CapturedFrame> _taken = [];
    private ManualResetValueTaskSourceCore<bool> _arrival = new() { RunContinuationsAsynchronously = true };
    private long _bytes;
    private bool _isWaiting;
    private bool _isClosed;

    /// <summary>Adds a frame. Returns false if the queue is full or closed; the caller then keeps the frame.</summary>
    public bool TryAdd(in CapturedFrame frame)
    {
        lock (_lock)
        {
            var cost = FrameCost + (frame.Pooled?.Length ?? 0);
            if (_isClosed || _bytes + cost > maxBytes)
                return false;
            _bytes += cost;
            _added.Add(frame);
            if (!_isWaiting)
                return true;
            _isWaiting = false;
        }

        _arrival.SetResult(true);
        return true;
    }

    /// <summary>Closes the queue for adding. Queued frames can still be taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (!_isWaiting)
                return;
            _isWaiting = false;
        }

        _arrival.SetResult(false);
    }

    /// <summary>Waits for a frame. Returns false at the end of a closed queue.</summary>
    public ValueTask<bool> WaitAsync()
    {
        lock (_lock)
        {
            if (_added.Count > 0)
                return new(true);
            if (_isClosed)
                return new(false);
            Debug.Assert(!_isWaiting, "Only one caller waits for frames.");
            _arrival.Reset();
            _isWaiting = true;
            return new(this, _arrival.Version);
        }
    }

    /// <summary>
    /// Takes all queued frames. The list is valid until the next call; each frame is returned to <see cref="Free"/>.
    /// </summary>
    public List<CapturedFrame> Take()
    {
        lock (_lock)
        {
            _taken.Clear();
            (_added, _taken) = (_taken, _added);
            return _taken;
        }
    }

    /// <summary>Discards the queued frames.</summary>
    public void Clear()
    {
        foreach (var frame in Take())
            Free(frame);
    }

    /// <summary>
    /// Frees the space of a frame that was written or discarded. Frames count until then, so that the limit includes those that
    /// the writer has taken.
    /// </summary>
    public void Free(in CapturedFrame frame)
    {
        lock (_lock)
        {
            _bytes -= FrameCost + (frame.Pooled?.Length ?? 0);
            Debug.Assert(_bytes >= 0, "A frame is freed once.");
        }

        if (frame.Pooled is not null)
            ArrayPool<byte>.Shared.Return(frame.Pooled);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);
}
