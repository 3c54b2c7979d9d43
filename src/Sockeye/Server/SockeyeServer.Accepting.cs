using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>From a listener to a handler that runs, or to a client that is refused.</summary>
public sealed partial class SockeyeServer
{
    private AcceptPermits? CreatePermits(SockeyeServerOptions options) =>
        options.AtMaxConnections == LimitAction.LeaveInBacklog
            ? new(nameof(options.MaxConnections), options.MaxConnections, OnPermitsExhausted)
            : null;

    /// <summary>From now on it accepts, and metrics know it.</summary>
    private void StartAccepting(ActiveListener listener)
    {
        ServerObservables.Add(listener.Gauge = new(listener, _table));
        LogListening(listener.Listener.EndPoint, DescribePipeline(listener));
        var loop = new AcceptLoop(
            listener.Listener, listener.Gates, connection => OnAccepted(connection, listener), _table.Released, _acceptFailures,
            _options.TimeProvider, _options.Random, _logger);
        listener.Status = loop.Status;
        listener.Accepting = _scheduler.RunAsync(() => loop.RunAsync(listener.Stopping));
    }

    /// <summary>Metrics know it no more.</summary>
    private static void RemoveFromMetrics(ActiveListener listener)
    {
        if (listener.Gauge is { } gauge)
            ServerObservables.Remove(gauge);
    }

    private static string DescribePipeline(ActiveListener listener)
    {
        var options = listener.Configuration.Options;
        return string.Join(" -> ", listener.Configuration.MiddlewareNames.Append(options.HandlerName));
    }

    private void OnAccepted(ConnectionContext accepted, ActiveListener listener)
    {
        var options = _options;
        var connection = new ServerConnection(accepted, listener, _table, _history, _scheduler, options.TimeProvider, _logger);
        listener.OnAccepted();
        // With permits, who is one too many is in the table too, and waits.
        var most = options.AtMaxConnections == LimitAction.LeaveInBacklog ? int.MaxValue : options.MaxConnections;
        if (_table.TryAdd(connection, most))
        {
            try
            {
                Volatile.Write(ref _rejecting, 0);
                Serve(accepted, connection);
            }
            catch
            {
                connection.Abandon(); // A place that is never given back would be missing for ever.
                throw;
            }

            return;
        }

        ServerMetrics.OnRejected(MetricTags.Limit("MaxConnections"));
        if (Interlocked.Exchange(ref _rejecting, 1) == 0)
        {
            var fate = options.AtMaxConnections == LimitAction.Reset ? "is reset" : "is told so and closed";
            LogRejecting(options.MaxConnections, accepted.RemoteEndPoint, fate);
        }

        _ = RefuseAsync(accepted, connection, options);
    }

    private void Serve(ConnectionContext accepted, ServerConnection connection)
    {
        var listener = connection.Listener;
        connection.Enter();
        connection.TransferTo(listener.Configuration); // A reload between may have missed it.
        connection.StartWatch();
        _loadMonitor!.Start();
        if (listener.Configuration.Timeouts is { Timeouts.NeedsByteCounts: true } && !TimeoutMonitor.CountsBytes(accepted)
            && !Interlocked.Exchange(ref _hasLoggedUncounted, true))
        {
            LogUncounted(_options.Transport.GetType().Name);
        }

        _scheduler.Schedule(static connection => ((ServerConnection)connection!).Run(), connection);
    }

    private async Task RefuseAsync(ConnectionContext accepted, ServerConnection connection, SockeyeServerOptions options)
    {
        var description = $"the server has its {options.MaxConnections} connections (MaxConnections)";
        var reason = CloseReason.Refused(CloseCause.Limit, description);
        await _logger.GuardAsync("refusing", connection.Id, async () =>
        {
            await _refusal.EndAsync(accepted, options.AtMaxConnections, reason);
            await accepted.DisposeAsync();
        });
        connection.AddToHistory(reason);
        ServerMetrics.OnClosed(connection.Listener, reason, duration: null);
        connection.Listener.OnClosed(accepted);
    }

    private void OnPermitsExhausted()
    {
        ServerMetrics.OnHeld(MetricTags.Limit("MaxConnections"));
        if (_backlogThrottle.TryLog(out _))
            LogLeavingInBacklog(_options.MaxConnections);
    }
}
