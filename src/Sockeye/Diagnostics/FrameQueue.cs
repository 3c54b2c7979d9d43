using System.Buffers;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>Frames between the connections that give them and the one writer that takes them: bounded, and never waited
/// for.</summary>
/// <remarks>Adding is safe from any thread, and allocates nothing once the lists have grown. Taking is for one.</remarks>
internal sealed class FrameQueue(long maxBytes) : IValueTaskSource<bool>
{
    /// <summary>Counted for each frame beside its data, so that frames without any are bounded too.</summary>
    private const int FrameCost = 256;

    private readonly Lock _lock = new();
    private List<CapturedFrame> _added = [];
    private List<CapturedFrame> _taken = [];
    private ManualResetValueTaskSourceCore<bool> _arrival = new() { RunContinuationsAsynchronously = true };
    private long _bytes;
    private bool _isWaiting;
    private bool _isClosed;

    /// <summary>False where there is no room, or nobody takes any more: the frame stays the caller's.</summary>
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

    /// <summary>Nothing more is added; what is there can still be taken.</summary>
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

    /// <summary>Waits for something to take, or for the end: then it is false.</summary>
    public ValueTask<bool> WaitAsync()
    {
        lock (_lock)
        {
            if (_added.Count > 0)
                return new(true);
            if (_isClosed)
                return new(false);
            _arrival.Reset();
            _isWaiting = true;
            return new(this, _arrival.Version);
        }
    }

    /// <summary>Everything that was added, valid until the next call. Each is given back by <see cref="Free"/>.</summary>
    public List<CapturedFrame> Take()
    {
        lock (_lock)
        {
            _taken.Clear();
            (_added, _taken) = (_taken, _added);
            return _taken;
        }
    }

    /// <summary>What is left will not be taken.</summary>
    public void Clear()
    {
        foreach (var frame in Take())
            Free(frame);
    }

    /// <summary>The frame was written, or never will be: its room is free again. It counted until now, so that what the writer
    /// has in hand is bounded too.</summary>
    public void Free(in CapturedFrame frame)
    {
        lock (_lock)
            _bytes -= FrameCost + (frame.Pooled?.Length ?? 0);
        if (frame.Pooled is not null)
            ArrayPool<byte>.Shared.Return(frame.Pooled);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);
}
