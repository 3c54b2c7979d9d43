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
    private const int Free = 0;
    private const int Held = 1;

    /// <summary>Held, and callers wait. Set and left only under the lock of the queue.</summary>
    private const int Contended = 2;

    private readonly Lock _lock = new();
    private Queue<TaskCompletionSource>? _waiters;
    private int _state;

    public bool TryAcquire() => Interlocked.CompareExchange(ref _state, Held, Free) == Free;

    /// <summary>Acquires the lock. The token cancels the wait.</summary>
    public ValueTask AcquireAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        if (TryAcquire())
            return default;
        lock (_lock)
        {
            // The holder may release the lock at any time, but only before it is contended.
            while (Interlocked.CompareExchange(ref _state, Contended, Held) == Free)
            {
                if (TryAcquire())
                    return default;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiters ??= new()).Enqueue(waiter);
            return new(WaitAsync(waiter, cancellationToken));
        }
    }

    /// <summary>Passes the lock to the first waiter, or frees it.</summary>
    public void Release()
    {
        Debug.Assert(Volatile.Read(ref _state) != Free, "The lock is held.");
        if (Interlocked.CompareExchange(ref _state, Free, Held) == Held)
            return;
        TaskCompletionSource next;
        do
        {
            lock (_lock)
            {
                var hasNext = _waiters!.TryDequeue(out next!);
                if (_waiters.Count == 0)
                    Volatile.Write(ref _state, hasNext ? Held : Free);
                if (!hasNext)
                    return;
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
