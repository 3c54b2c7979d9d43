using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A fixed number of permits to be served. While all are taken, accepting waits; a client that is accepted
/// nevertheless waits for a permit.</summary>
/// <param name="name">The method or option that sets the number.</param>
/// <param name="permits">How many may be served at a time.</param>
/// <param name="onFull">Called each time that accepting starts to wait.</param>
internal sealed class AcceptPermits(string name, int permits, Action onFull) : IAcceptGate
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private List<TaskCompletionSource> _loops = [];
    private int _permits = permits;
    private int _accepted;
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
        TaskCompletionSource turn;
        lock (_lock)
        {
            _accepted++;
            if (_served < _permits)
            {
                _served++;
                return default;
            }

            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(turn);
        }

        return new(WaitForGrantAsync(turn, stopping));
    }

    public void Leave()
    {
        List<TaskCompletionSource>? woken;
        lock (_lock)
        {
            _accepted--;
            _served--;
            woken = GrantPermits();
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
            woken = GrantPermits();
        }

        woken?.ForEach(loop => loop.TrySetResult());
    }

    /// <summary>Gives free permits to who waits for them; the loops that are to be woken.</summary>
    private List<TaskCompletionSource>? GrantPermits()
    {
        while (_served < _permits && _waiters.TryDequeue(out var turn))
        {
            if (turn.TrySetResult())
                _served++;
        }

        if (_accepted >= _permits || _loops.Count == 0)
            return null;
        // All are woken: the first to accept takes the place, and the others wait again.
        var woken = _loops;
        _loops = [];
        return woken;
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

    private async Task WaitForGrantAsync(TaskCompletionSource turn, CancellationToken stopping)
    {
        try
        {
            await WaitAsync(turn, stopping);
        }
        catch (OperationCanceledException)
        {
            // It leaves like one that was served, which it was not: the two cancel out.
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
