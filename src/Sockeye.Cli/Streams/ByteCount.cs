namespace Sockeye.Cli;

/// <summary>A count of bytes that callers can wait for. One caller adds; many may wait.</summary>
internal sealed class ByteCount
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _value;
    private bool _isFinal;

    public long Value => Volatile.Read(ref _value);

    /// <summary>Whether the count is final.</summary>
    public bool IsFinal => Volatile.Read(ref _isFinal);

    public void Add(long count) => Update(count, isFinal: false);

    public void End() => Update(0, isFinal: true);

    /// <summary>Completes when the count has reached the given number, or is final.</summary>
    public async Task WaitUntilAsync(long value)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_value >= value || _isFinal)
                    return;
                changed = _changed.Task;
            }

            await changed;
        }
    }

    private void Update(long count, bool isFinal)
    {
        lock (_lock)
        {
            _value += count;
            _isFinal |= isFinal;
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
