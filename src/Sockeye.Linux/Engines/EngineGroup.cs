using System.Net;

namespace Sockeye.Linux;

/// <summary>The engine threads of one transport, which run, and what they have been given.</summary>
internal sealed class EngineGroup
{
    private readonly HashSet<LinuxListener> _listeners = [];
    private readonly Lock _lock = new();
    private Task? _stopping;
    private int _next;

    public EngineGroup(EngineSetup setup, bool reusesPort, IReadOnlyList<EngineThread> threads) =>
        (Setup, ReusesPort, Threads) = (setup, reusesPort, threads);

    public EngineSetup Setup { get; }

    public bool ReusesPort { get; }

    public IReadOnlyList<EngineThread> Threads { get; }

    /// <summary>Blocks of 4 KiB that connections hold now.</summary>
    public long LentCount => Setup.Pool.LentCount + (Threads.Sum(thread => thread.LentBytes) / SegmentPool.SmallSize);

    public LinuxListener Listen(EndPoint endPoint)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping is not null, typeof(LinuxTransport));
            var listener = new LinuxListener(endPoint, this);
            _listeners.Add(listener);
            return listener;
        }
    }

    public void Leave(LinuxListener listener)
    {
        lock (_lock)
            _listeners.Remove(listener);
    }

    /// <summary>The thread with the fewest connections; among equals they take turns.</summary>
    public EngineThread LeastLoaded()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _stopping) is not null, typeof(LinuxTransport));
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

    /// <summary>Gives a connected socket to a thread, the least loaded where it is all the same.</summary>
    public EngineConnection Open(ConnectedSocket socket, EngineThread? thread, SocketFunction function, long? begun = null)
    {
        var connection = (thread ?? LeastLoaded()).NewConnection(socket);
        try
        {
            connection.Tell(function, begun: begun);
        }
        catch
        {
            connection.Post(EngineRequests.Begin);
            connection.Abort(CloseReason.Local(CloseCause.HandlerError, "the observer of steps threw"));
            throw;
        }

        connection.Post(EngineRequests.Begin);
        return connection;
    }

    public Task StopAsync()
    {
        lock (_lock)
            return _stopping ??= EndAsync([.. _listeners]);
    }

    private async Task EndAsync(LinuxListener[] listeners)
    {
        foreach (var listener in listeners)
            await listener.UnbindAsync().ConfigureAwait(false);
        foreach (var thread in Threads)
            thread.Stop();
        foreach (var thread in Threads)
            await thread.Ended.ConfigureAwait(false);
    }
}
