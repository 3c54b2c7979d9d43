using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>The engine threads of one transport, which run, and what they have been given.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer and without links holds nothing.")]
internal sealed class EngineGroup
{
    private readonly HashSet<LinuxListener> _listeners = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopped = new();
    private Task? _stopping;
    private int _next;

    public EngineGroup(EngineSetup setup, bool reusesPort, IReadOnlyList<EngineThread> threads) =>
        (Setup, ReusesPort, Threads) = (setup, reusesPort, threads);

    public EngineSetup Setup { get; }

    public bool ReusesPort { get; }

    public IReadOnlyList<EngineThread> Threads { get; }

    /// <summary>Cancelled when connects under way must end.</summary>
    public CancellationToken StopToken => _stopped.Token;

    /// <summary>Bytes of memory for data that connections hold now.</summary>
    public long RentedBytes => Setup.Pool.RentedBytes + Threads.Sum(thread => thread.RentedBytes);

    public async ValueTask<IConnectionListener> ListenAsync(EndPoint endpoint)
    {
        LinuxListener listener;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping is not null, typeof(LinuxTransport));
            listener = new(endpoint, this);
            _listeners.Add(listener);
        }

        try
        {
            await listener.Started.ConfigureAwait(false);
            return listener;
        }
        catch
        {
            // What the refusal brings about is no news beside it.
            await listener.DisposeAsync().AsTask().WithoutThrowing(keepsContext: false);
            throw;
        }
    }

    public void Remove(LinuxListener listener)
    {
        lock (_lock)
            _listeners.Remove(listener);
    }

    /// <summary>A thread that is promised one connection more; null: all of this is being stopped.</summary>
    /// <param name="thread">Which one; null: the one with the fewest, and among equals they take turns.</param>
    public EngineThread? TryReserve(EngineThread? thread = null)
    {
        thread ??= GetLeastLoaded();
        return thread.TryReserve() ? thread : null;
    }

    /// <summary>Gives a connected socket to a thread that was reserved for it.</summary>
    public static EngineConnection Open(ConnectedSocket socket, EngineThread thread, SocketFunction function, long? begun = null)
    {
        var connection = thread.NewConnection(socket);
        try
        {
            connection.NotifyStep(function, begun: begun);
        }
        catch
        {
            connection.Post(EngineRequests.Start);
            connection.Abort(CloseReason.Local(CloseCause.HandlerError, "the observer of steps threw"));
            throw;
        }

        connection.Post(EngineRequests.Start);
        return connection;
    }

    public Task StopAsync()
    {
        lock (_lock)
            return _stopping ??= StopCoreAsync([.. _listeners]);
    }

    private async Task StopCoreAsync(LinuxListener[] listeners)
    {
        try
        {
            await Task.WhenAll(listeners.Select(listener => listener.UnbindAsync().AsTask())).ConfigureAwait(false);
        }
        finally
        {
            // Also where an observer of steps threw, which the caller is told at the end.
            await _stopped.CancelAsync().ConfigureAwait(false);
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
