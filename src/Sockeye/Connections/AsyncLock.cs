namespace Sockeye;

/// <summary>
/// One at a time, in the order they came. Those who wait go on in their own context, and cancelling loses no turn.
/// </summary>
/// <remarks>
/// In place of <see cref="SemaphoreSlim"/>, whose waits with a token always pass through the thread pool: a simulation could not
/// tell where they go on. Safe from any thread; taking a free turn allocates nothing.
/// </remarks>
internal sealed class AsyncLock
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private bool _isHeld;

    public bool TryAcquire()
    {
        lock (_lock)
            return !_isHeld && (_isHeld = true);
    }

    /// <summary>Cancelling before the turn has come gives it up.</summary>
    public ValueTask AcquireAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        lock (_lock)
        {
            if (!_isHeld)
            {
                _isHeld = true;
                return default;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter);
            return new(AcquireAsync(waiter, cancellationToken));
        }
    }

    public void Release()
    {
        TaskCompletionSource next;
        do
        {
            lock (_lock)
            {
                if (!_waiters.TryDequeue(out next!))
                {
                    _isHeld = false;
                    return;
                }
            }
        }
        while (!next.TrySetResult()); // It was cancelled meanwhile: the turn is the next one's.
    }

    private static async Task AcquireAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        using var cancelling = cancellationToken.UnsafeRegister(
            static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), waiter);
        await waiter.Task;
    }
}
