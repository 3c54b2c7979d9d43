namespace Sockeye.Orleans;

/// <summary>The bytes of all frames that wait for the first list of their topic. They have one limit together, since the number
/// of topics has none.</summary>
internal sealed class WaitingBudget(long maxBytes)
{
    private readonly Lock _lock = new();
    private long _bytes;
    private long _dropped;

    public long DroppedFrames
    {
        get
        {
            lock (_lock)
                return _dropped;
        }
    }

    /// <summary>Takes room for a frame. A frame that is larger than the limit finds room if no other waits.</summary>
    public bool TryTake(int size)
    {
        lock (_lock)
        {
            if (_bytes > 0 && _bytes + size > maxBytes)
            {
                _dropped++;
                return false;
            }

            _bytes += size;
            return true;
        }
    }

    public void Return(int size)
    {
        lock (_lock)
            _bytes -= size;
    }
}
