using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// Mutual exclusion in FIFO order for async code. Waiters continue in their own context, and cancelling a wait loses no release.
/// </summary>
/// <remarks>
/// Replaces <see cref="SemaphoreSlim"/>, whose waits with a token always pass through the thread pool, where a simulation cannot
/// follow them. Safe from any thread; acquiring a free lock allocates nothing.
/// </remarks>
internal sealed class AsyncLock
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private bool _isHeld;

    public bool TryAcquire()
    {
        lock (_lock)
        {
            if (_isHeld)
                return false;
            _isHeld = true;
            return true;
        }
    }

    /// <summary>Acquires the lock. The token cancels the wait.</summary>
    public ValueTask AcquireAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        lock (_lock)
        {
            if (!_isHeld)
            {
                Debug.Assert(_waiters.Count == 0, "A free lock has no waiters.");
                _isHeld = true;
                return default;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter);
            return new(WaitAsync(waiter, cancellationToken));
        }
    }

    /// <summary>Passes the lock to the first waiter, or frees it.</summary>
    public void Release()
    {
        TaskCompletionSource next;
        do
        {
            lock (_lock)
            {
                Debug.Assert(_isHeld, "The lock is held.");
                if (!_waiters.TryDequeue(out next!))
                {
                    _isHeld = false;
                    return;
                }
            }
        }
        while (!next.TrySetResult()); // If it was cancelled, the lock passes to the next.
    }

    private static async Task WaitAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        using var cancelling = cancellationToken.UnsafeRegister(
            static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), waiter);
        await waiter.Task;
    }
}
