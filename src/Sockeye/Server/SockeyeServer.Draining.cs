using System.Collections.Concurrent;

namespace Sockeye;

/// <summary>Endpoints that a reload has removed, until their connections are gone.</summary>
public sealed partial class SockeyeServer
{
    private readonly ConcurrentDictionary<ActiveListener, Task> _drains = [];

    private static CloseReason Removed(string howItEnds) =>
        new(ClosedBy.Local, CloseCause.Stop, CloseDirection.Output, $"its endpoint was removed{howItEnds}");

    /// <summary>Tells its handlers and lets them finish; nobody waits for it but a stop.</summary>
    private void StartDrain(ActiveListener listener, TimeSpan timeout)
    {
        _drains[listener] = Task.CompletedTask;
        _drains.TryUpdate(listener, DrainAsync(listener, timeout), Task.CompletedTask);
    }

    private async Task DrainAsync(ActiveListener listener, TimeSpan timeout)
    {
        var open = listener.OpenCount;
        LogRemoved(listener.Listener.EndPoint, open, timeout);
        var emptied = listener.WhenEmpty();
        var counts = new StopCounts();
        foreach (var connection in GetConnections(listener))
            connection.RequestStop(Removed(""), counts);

        await emptied.WaitAsync(timeout, _options.TimeProvider, _stopping.Token).WithoutThrowing();
        var aborted = 0;
        // A stop aborts in its own time, whatever is still open, and ends what is ended below.
        if (!_stopping.IsCancellationRequested)
        {
            foreach (var connection in GetConnections(listener))
            {
                connection.AbortUnfinished(Removed($" and the handler did not finish in time (ShutdownTimeout is {timeout})"));
                aborted++;
            }

            if (aborted > 0)
                await emptied.WaitAsync(AbortTimeout, _options.TimeProvider, _stopping.Token).WithoutThrowing();
        }

        if (_stopping.IsCancellationRequested)
            return;
        _drains.TryRemove(listener, out _);
        RemoveFromMetrics(listener);
        await listener.DisposeAsync(_logger);
        var left = (int)listener.OpenCount;
        var result = counts.ToResult(left);
        LogDrained(listener.Listener.EndPoint, result.Drained, result.Aborted, result.CutShort);
        if (left > 0)
            LogHandlersLeft(left);
    }

    private IEnumerable<ServerConnection> GetConnections(ActiveListener listener) =>
        _table.InOrder().Where(connection => connection.Listener == listener);

    /// <summary>All listeners that are still to be ended, when nothing but a stop ends them any more.</summary>
    private async Task<IReadOnlyList<ActiveListener>> WaitForDrainsAsync()
    {
        await Task.WhenAll(_drains.Values);
        return [.. _listeners, .. _drains.Keys];
    }
}
