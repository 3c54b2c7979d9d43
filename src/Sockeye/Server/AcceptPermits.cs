using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A gate with a fixed number of permits. While all are taken, accepting waits; a client that is accepted in spite of
/// that waits for a permit.</summary>
/// <param name="name">The method or option that sets the number.</param>
/// <param name="permits">The maximum number of clients that are served at a time.</param>
/// <param name="onFull">Called each time accepting starts to wait.</param>
internal sealed class AcceptPermits(string name, int permits, Action onFull) : IAcceptGate
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private List<TaskCompletionSource> _loops = [];
    private int _permits = permits;
    private int _accepted; // Served clients, and those that wait for a permit.
    private int _served;

    public string Name => name;

    public ValueTask WaitAsync(CancellationToken stopping)
    {
        lock (_lock)
        {
            if (_accepted < _permits)
                return default;
        }

        return new(WaitForPermitAsync(stopping));
    }

    public ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping)
    {
        TaskCompletionSource waiter;
        lock (_lock)
        {
            _accepted++;
            if (_served < _permits)
            {
                _served++;
                return default;
            }

            waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter);
        }

        return new(WaitForGrantAsync(waiter, stopping));
    }

    public void Leave()
    {
        List<TaskCompletionSource>? woken;
        lock (_lock)
        {
            _accepted--;
            _served--;
            woken = GrantLocked();
        }

        woken?.ForEach(loop => loop.TrySetResult());
    }

    public void EnterExisting()
    {
        lock (_lock)
        {
            _accepted++;
            _served++;
        }
    }

    public void ReleaseWaiters()
    {
        List<TaskCompletionSource>? woken;
        lock (_lock)
        {
            _permits = int.MaxValue;
            woken = GrantLocked();
        }

        woken?.ForEach(loop => loop.TrySetResult());
    }

    /// <summary>Grants free permits to waiters. Returns the accept loops to wake.</summary>
    private List<TaskCompletionSource>? GrantLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        AssertCountsLocked();
        while (_served < _permits && _waiters.TryDequeue(out var waiter))
        {
            if (waiter.TrySetResult())
                _served++;
        }

        AssertCountsLocked();
        if (_accepted >= _permits || _loops.Count == 0)
            return null;
        // All are woken: the first one accepts, and the others wait again.
        var woken = _loops;
        _loops = [];
        return woken;
    }

    [Conditional("DEBUG")]
    private void AssertCountsLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Debug.Assert(_served >= 0 && _served <= _accepted, $"{_served} of {_accepted} clients are served.");
        Debug.Assert(_permits > 0, "A limit of zero would let no client in.");
    }

    private async Task WaitForPermitAsync(CancellationToken stopping)
    {
        onFull();
        while (true)
        {
            var freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                if (_accepted < _permits)
                    return;
                _loops.Add(freed);
            }

            await WaitAsync(freed, stopping);
        }
    }

    private async Task WaitForGrantAsync(TaskCompletionSource waiter, CancellationToken stopping)
    {
        try
        {
            await WaitAsync(waiter, stopping);
        }
        catch (OperationCanceledException)
        {
            // It will leave like a served client, so it is counted as one.
            lock (_lock)
                _served++;
            throw;
        }
    }

    private static async Task WaitAsync(TaskCompletionSource waiting, CancellationToken stopping)
    {
        using var giving = stopping.UnsafeRegister(
            static (waiting, token) => ((TaskCompletionSource)waiting!).TrySetCanceled(token), waiting);
        await waiting.Task;
    }
}
