using System.Diagnostics;

namespace Sockeye;

/// <summary>Counts the requests that are processed, up to a maximum. One caller waits: the reader of the connection.</summary>
internal sealed class RequestSlots(int maxCount)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private int _count;
    private int _waitsUntil;

    /// <summary>Takes a slot, and waits until one is free.</summary>
    public async ValueTask TakeAsync()
    {
        await WaitUntilAsync(maxCount - 1);
        lock (_lock)
            _count++;
    }

    /// <summary>Waits until all slots are free.</summary>
    public ValueTask WaitUntilFreeAsync() => WaitUntilAsync(0);

    public void Release()
    {
        TaskCompletionSource? waiter = null;
        lock (_lock)
        {
            _count--;
            Debug.Assert(_count >= 0, "A slot that was taken is released.");
            if (_count <= _waitsUntil)
                (waiter, _waiter) = (_waiter, null);
        }

        waiter?.SetResult();
    }

    private ValueTask WaitUntilAsync(int count)
    {
        lock (_lock)
        {
            Debug.Assert(_waiter is null, "One caller waits at a time.");
            if (_count <= count)
                return default;
            _waitsUntil = count;
            _waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_waiter.Task);
        }
    }
}
