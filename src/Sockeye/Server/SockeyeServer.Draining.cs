using System.Collections.Concurrent;

namespace Sockeye;

/// <summary>Endpoints that a reload has removed, until their connections are gone.</summary>
public sealed partial class SockeyeServer
{
    private readonly ConcurrentDictionary<Listening, Task> _drains = [];

    private static CloseReason Removed(string howItEnds) =>
        new(ClosedBy.Local, CloseCause.Stop, CloseDirection.Output, $"its endpoint was removed{howItEnds}");

    /// <summary>Tells its handlers and lets them finish; nobody waits for it but a stop.</summary>
    private void BeginDrain(Listening listening, TimeSpan patience)
    {
        _drains[listening] = Task.CompletedTask;
        _drains.TryUpdate(listening, DrainAsync(listening, patience), Task.CompletedTask);
    }

    private async Task DrainAsync(Listening listening, TimeSpan patience)
    {
        var open = listening.Open;
        LogRemoved(listening.Listener.EndPoint, open, patience);
        var emptied = listening.WhenEmpty();
        var tally = new StopTally();
        foreach (var connection in ConnectionsOf(listening))
            connection.RequestStop(Removed(""), tally);

        await emptied.WaitAsync(patience, _options.TimeProvider, _stopping.Token).WithoutThrowing();
        var aborted = 0;
        // A stop aborts in its own time, whatever is still open, and ends what is ended below.
        if (!_stopping.IsCancellationRequested)
        {
            foreach (var connection in ConnectionsOf(listening))
            {
                connection.AbortUnfinished(Removed($" and the handler did not finish in time (ShutdownTimeout is {patience})"));
                aborted++;
            }

            if (aborted > 0)
                await emptied.WaitAsync(AbortTimeout, _options.TimeProvider, _stopping.Token).WithoutThrowing();
        }

        if (_stopping.IsCancellationRequested)
            return;
        _drains.TryRemove(listening, out _);
        Forget(listening);
        await listening.DisposeAsync(_logger);
        var left = (int)listening.Open;
        var result = tally.Result(left);
        LogDrained(listening.Listener.EndPoint, result.Drained, result.Aborted, result.CutShort);
        if (left > 0)
            LogHandlersLeft(left);
    }

    private IEnumerable<ServerConnection> ConnectionsOf(Listening listening) =>
        _table.InOrder().Where(connection => connection.Listening == listening);

    /// <summary>All listeners that are still to be ended, when nothing but a stop ends them any more.</summary>
    private async Task<IReadOnlyList<Listening>> StopDrainsAsync()
    {
        await Task.WhenAll(_drains.Values);
        return [.. _listening, .. _drains.Keys];
    }
}
