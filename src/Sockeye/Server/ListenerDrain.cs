using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Ends listeners and their connections: all of a server that stops, or one that a reload removed.</summary>
/// <param name="listeners">The listeners to end.</param>
/// <param name="stopReason">The close reason of connections whose handlers follow the stop.</param>
/// <param name="abortReason">The close reason of connections whose handlers do not finish in time.</param>
/// <param name="server">The objects that the listeners share.</param>
internal sealed partial class ListenerDrain(
    IReadOnlyList<ActiveListener> listeners, CloseReason stopReason, CloseReason abortReason, ServerContext server)
{
    // After the abort, a handler only has to notice it. A handler that does not is left behind, and the log reports it.
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SpreadStep = TimeSpan.FromMilliseconds(50);

    private readonly StopCounts _counts = new();

    /// <summary>Unbinds the listeners. When the task ends, they accept no more clients.</summary>
    public Task StopAcceptingAsync() => Task.WhenAll(listeners.Select(listener => listener.StopAcceptingAsync()));

    /// <summary>Requests a stop of all connections in the order in which they were accepted, waits for their end, aborts the
    /// rest, and disposes the listeners. Call it after <see cref="StopAcceptingAsync"/>.</summary>
    /// <param name="timeout">The maximum time for handlers to finish.</param>
    /// <param name="superseded">Fires when another drain takes over the listeners. Then this one returns null.</param>
    public Task<StopResult?> RunAsync(TimeSpan timeout, CancellationToken superseded = default) =>
        RunAsync(timeout, spread: TimeSpan.Zero, superseded);

    /// <inheritdoc cref="RunAsync(TimeSpan, CancellationToken)"/>
    /// <param name="timeout">The maximum time for handlers to finish.</param>
    /// <param name="spread">The part of the timeout over which the requests are spread, so that clients that connect again do not
    /// come all at once.</param>
    /// <param name="superseded">Fires when another drain takes over the listeners. Then this one returns null.</param>
    public async Task<StopResult?> RunAsync(TimeSpan timeout, TimeSpan spread, CancellationToken superseded = default)
    {
        var emptied = Task.WhenAll(listeners.Select(listener => listener.WhenEmpty()));
        var requesting = RequestStopsAsync(spread, superseded);
        await emptied.WaitAsync(timeout, server.Time, superseded).WithoutThrowing();
        await requesting;

        if (!superseded.IsCancellationRequested && AbortAll(listeners, abortReason) > 0)
            await emptied.WaitAsync(AbortTimeout, server.Time, superseded).WithoutThrowing();
        if (superseded.IsCancellationRequested)
            return null;

        var left = listeners.Sum(listener => listener.ServedCount);
        if (left > 0)
            LogHandlersLeft(server.Logger, left);
        foreach (var listener in listeners)
            await listener.DisposeAsync();
        return _counts.ToResult(left);
    }

    /// <summary>Aborts all connections in the order in which they were accepted; returns their number.</summary>
    public static int AbortAll(IEnumerable<ActiveListener> listeners, CloseReason reason)
    {
        var aborted = 0;
        foreach (var connection in ListenerSet.InOrder(listeners))
        {
            connection.AbortUnfinished(reason);
            aborted++;
        }

        return aborted;
    }

    private async Task RequestStopsAsync(TimeSpan spread, CancellationToken superseded)
    {
        ServerConnection[] connections = [.. ListenerSet.InOrder(listeners)];
        var steps = Math.Clamp((int)(spread / SpreadStep), 1, Math.Max(connections.Length, 1));
        for (var step = 0; step < steps; step++)
        {
            if (step > 0)
                await Task.Delay(spread / steps, server.Time, superseded).WithoutThrowing();
            foreach (var connection in connections.AsSpan((int)((long)connections.Length * step / steps)
                ..(int)((long)connections.Length * (step + 1) / steps)))
                connection.RequestStop(stopReason, _counts);
        }
    }

    [LoggerMessage(1002, LogLevel.Warning, "{Count} handlers are still running although their connections were aborted.")]
    private static partial void LogHandlersLeft(ILogger logger, int count);
}
