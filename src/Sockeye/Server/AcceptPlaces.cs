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
    private int _places = places;
    private int _accepted;
    private int _served;

    public string Name => name;

    public ValueTask WaitAsync(CancellationToken stopping)
    {
        lock (_lock)
        {
            if (_accepted < _places)
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
            if (_served < _places)
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
        List<TaskCompletionSource>? woken;
        lock (_lock)
        {
            _accepted--;
            _served--;
            woken = FillPlaces();
        }

        woken?.ForEach(loop => loop.TrySetResult());
    }

    public void Adopt()
    {
        lock (_lock)
        {
            _accepted++;
            _served++;
        }
    }

    public void Retire()
    {
        List<TaskCompletionSource>? woken;
        lock (_lock)
        {
            _places = int.MaxValue;
            woken = FillPlaces();
        }

        woken?.ForEach(loop => loop.TrySetResult());
    }

    /// <summary>Gives free places to who waits for them; the loops that are to be woken.</summary>
    private List<TaskCompletionSource>? FillPlaces()
    {
        while (_served < _places && _turns.TryDequeue(out var turn))
        {
            if (turn.TrySetResult())
                _served++;
        }

        if (_accepted >= _places || _loops.Count == 0)
            return null;
        // All are woken: the first to accept takes the place, and the others wait again.
        var woken = _loops;
        _loops = [];
        return woken;
    }

    private async Task WaitForPlaceAsync(CancellationToken stopping)
    {
        onFull();
        while (true)
        {
            var freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                if (_accepted < _places)
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
