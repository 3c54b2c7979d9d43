namespace Sockeye.Testing;

/// <summary>Wakes the waiters for a change, which then check their condition again.</summary>
internal sealed class Signal(SimulationLoop loop)
{
    private TaskCompletionSource? _waiter;

    public async ValueTask WaitAsync(Func<string> what, CancellationToken cancellationToken = default)
    {
        loop.ThrowIfForeignThread();
        cancellationToken.ThrowIfCancellationRequested();
        using var waiting = loop.Pending.Add(what);
        var waiter = _waiter ??= new();
        using var cancelling = cancellationToken.UnsafeRegister(
            static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), waiter);
        try
        {
            await waiter.Task;
        }
        finally
        {
            if (_waiter == waiter)
                _waiter = null;
        }
    }

    public void Set()
    {
        var waiter = _waiter;
        _waiter = null;
        waiter?.TrySetResult();
    }
}
