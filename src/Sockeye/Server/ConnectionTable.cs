using System.Collections.Concurrent;

namespace Sockeye;

/// <summary>The connections that a server has open.</summary>
internal sealed class ConnectionTable
{
    /// <summary>Each with its number: what reaches all of them does so in the order they came, the same in every run.</summary>
    private readonly ConcurrentDictionary<ServerConnection, long> _connections = [];
    private readonly TaskCompletionSource _drained = new();
    private int _count;
    private long _added;
    private volatile bool _stopping;

    /// <summary>Wakes accept loops that wait for a descriptor.</summary>
    public AsyncPulse Released { get; } = new();

    /// <summary>How those end that the server's stop was told to.</summary>
    public StopCounts Tally { get; } = new();

    public int Count => Volatile.Read(ref _count);

    public bool TryAdd(ServerConnection connection, int most)
    {
        // Counted before it is there: two loops at once never go over the limit.
        if (Interlocked.Increment(ref _count) > most)
        {
            OnGone();
            return false;
        }

        _connections.TryAdd(connection, Interlocked.Increment(ref _added));
        if (_stopping)
            connection.RequestStop(CloseReason.Stopped, Tally); // It came between the stop's snapshot and now.
        return true;
    }

    public void Remove(ServerConnection connection)
    {
        if (_connections.TryRemove(connection, out _))
            OnGone();
    }

    /// <summary>Tells all handlers that the server stops. The task ends when the last connection is gone.</summary>
    public Task RequestStop()
    {
        _stopping = true;
        foreach (var connection in InOrder())
            connection.RequestStop(CloseReason.Stopped, Tally);
        if (Count == 0)
            _drained.TrySetResult();
        return _drained.Task;
    }

    public int AbortAll(CloseReason reason)
    {
        var aborted = 0;
        foreach (var connection in InOrder())
        {
            connection.AbortUnfinished(reason);
            aborted++;
        }

        return aborted;
    }

    /// <summary>
    /// ToArray is one look at a table that others change; LINQ asks it for its size first, and is wrong by then.
    /// </summary>
    public IEnumerable<ServerConnection> InOrder() =>
        _connections.ToArray().OrderBy(entry => entry.Value).Select(entry => entry.Key);

    /// <summary>For sums: copies nothing, and may miss who comes or goes meanwhile.</summary>
    public IEnumerable<ServerConnection> InAnyOrder()
    {
        foreach (var (connection, _) in _connections)
            yield return connection;
    }

    private void OnGone()
    {
        // The decrement is a full fence: either this sees _stopping, or RequestStop sees the count.
        if (Interlocked.Decrement(ref _count) == 0 && _stopping)
            _drained.TrySetResult();
        Released.Pulse();
    }
}
