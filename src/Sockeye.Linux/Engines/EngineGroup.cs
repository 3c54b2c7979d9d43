using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>The running engine threads of one transport, and the listeners on them.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer and links needs no disposal.")]
internal sealed class EngineGroup
{
    private readonly HashSet<IConnectionListener> _listeners = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopSource = new();
    private Task? _stopping;
    private int _next;

    public EngineGroup(EngineSetup setup, bool reusesPort, IReadOnlyList<EngineThread> threads) =>
        (Setup, ReusesPort, Threads) = (setup, reusesPort, threads);

    public EngineSetup Setup { get; }

    public bool ReusesPort { get; }

    public IReadOnlyList<EngineThread> Threads { get; }

    /// <summary>A token that fires when connects in progress must end.</summary>
    public CancellationToken StopToken => _stopSource.Token;

    /// <summary>The number of bytes that connections hold for data.</summary>
    public long RentedBytes => Setup.Pool.RentedBytes + Threads.Sum(thread => thread.RentedBytes);

    /// <summary>Creates a listener that ends with these threads.</summary>
    /// <exception cref="ObjectDisposedException">The threads are stopping.</exception>
    public T AddListener<T>(Func<T> create)
        where T : IConnectionListener
    {
        lock (_lock)
        {
            if (_stopping is not null)
                throw EngineSetup.CreateDisposedException();
            var listener = create();
            _listeners.Add(listener);
            return listener;
        }
    }

    public void RemoveListener(IConnectionListener listener)
    {
        lock (_lock)
            _listeners.Remove(listener);
    }

    /// <summary>Reserves a connection, and returns its thread. Null if the threads are stopping.</summary>
    /// <param name="thread">The thread. Null: the one with the fewest connections; threads with equal numbers take turns.</param>
    public EngineThread? TryReserve(EngineThread? thread = null)
    {
        thread ??= GetLeastLoaded();
        return thread.TryReserve() ? thread : null;
    }

    public Task StopAsync()
    {
        lock (_lock)
            return _stopping ??= StopCoreAsync([.. _listeners]);
    }

    private async Task StopCoreAsync(IConnectionListener[] listeners)
    {
        try
        {
            await Task.WhenAll(listeners.Select(listener => listener.UnbindAsync().AsTask())).ConfigureAwait(false);
        }
        finally
        {
            // Also if an observer of steps threw. The exception is rethrown at the end.
            await _stopSource.CancelAsync().ConfigureAwait(false);
            foreach (var thread in Threads)
                thread.Stop();
            foreach (var thread in Threads)
                await thread.Ended.ConfigureAwait(false);
        }
    }

    private EngineThread GetLeastLoaded()
    {
        var first = (int)((uint)Interlocked.Increment(ref _next) % (uint)Threads.Count);
        var best = Threads[first];
        for (var i = 1; i < Threads.Count; i++)
        {
            var other = Threads[(first + i) % Threads.Count];
            if (other.ConnectionCount < best.ConnectionCount)
                best = other;
        }

        return best;
    }
}
