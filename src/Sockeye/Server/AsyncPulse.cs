namespace Sockeye;

/// <summary>Wakes tasks that wait for a connection to close and free its descriptor. Costs nothing without a waiter.</summary>
internal sealed class AsyncPulse
{
    private TaskCompletionSource? _waiter;

    /// <summary>Completes at the next pulse, or after <paramref name="timeout"/>. A pulse wakes all waiters.</summary>
    public async Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var waiter = Volatile.Read(ref _waiter);
        if (waiter is null)
        {
            var fresh = new TaskCompletionSource();
            waiter = Interlocked.CompareExchange(ref _waiter, fresh, null) ?? fresh;
        }

        await waiter.Task.WaitAsync(timeout, time, cancellationToken).WithoutThrowing();
    }

    public void Pulse()
    {
        if (Volatile.Read(ref _waiter) is not null)
            Interlocked.Exchange(ref _waiter, null)?.TrySetResult();
    }
}
