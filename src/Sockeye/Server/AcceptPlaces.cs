using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A number of places. While all are taken nobody is accepted; who is accepted nevertheless waits for a place.</summary>
/// <param name="name">The method or option that sets the number.</param>
/// <param name="places">How many may be served at a time.</param>
/// <param name="onFull">Told each time that accepting begins to wait.</param>
internal sealed class AcceptPlaces(string name, int places, Action onFull) : IAcceptGate
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _turns = new();
    private List<TaskCompletionSource> _loops = [];
    private int _accepted;
    private int _served;

    public string Name => name;

    public ValueTask WaitAsync(CancellationToken stopping)
    {
        lock (_lock)
        {
            if (_accepted < places)
                return default;
        }

        return new(WaitForPlaceAsync(stopping));
    }

    public ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            _accepted++;
            if (_served < places)
            {
                _served++;
                return default;
            }

            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _turns.Enqueue(turn);
        }

        return new(WaitForTurnAsync(turn, stopping));
    }

    public void Leave()
    {
        List<TaskCompletionSource>? woken = null;
        lock (_lock)
        {
            _accepted--;
            _served--;
            while (_served < places && _turns.TryDequeue(out var turn))
            {
                if (turn.TrySetResult())
                    _served++;
            }

            // All are woken: the first to accept takes the place, and the others wait again.
            if (_accepted < places && _loops.Count > 0)
                (woken, _loops) = (_loops, []);
        }

        woken?.ForEach(loop => loop.TrySetResult());
    }

    private async Task WaitForPlaceAsync(CancellationToken stopping)
    {
        onFull();
        while (true)
        {
            var freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                if (_accepted < places)
                    return;
                _loops.Add(freed);
            }

            await EndsAsync(freed, stopping);
        }
    }

    private async Task WaitForTurnAsync(TaskCompletionSource turn, CancellationToken stopping)
    {
        try
        {
            await EndsAsync(turn, stopping);
        }
        catch (OperationCanceledException)
        {
            // It leaves like one that was served, which it was not: the two cancel out.
            lock (_lock)
                _served++;
            throw;
        }
    }

    private static async Task EndsAsync(TaskCompletionSource waiting, CancellationToken stopping)
    {
        using var giving = stopping.UnsafeRegister(
            static (waiting, token) => ((TaskCompletionSource)waiting!).TrySetCanceled(token), waiting);
        await waiting.Task;
    }
}
