using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>From a listener to a handler that runs, or to a client that is refused.</summary>
public sealed partial class SockeyeServer
{
    private AcceptPlaces? PlacesOf(SockeyeServerOptions options) =>
        options.AtMaxConnections == LimitAction.LeaveInBacklog
            ? new(nameof(options.MaxConnections), options.MaxConnections, OnPlacesTaken)
            : null;

    /// <summary>From now on it accepts, and metrics know it.</summary>
    private void Begin(Listening listening)
    {
        ServerObservables.Add(listening.Gauge = new(listening, _table));
        LogListening(listening.Listener.EndPoint, PipelineOf(listening));
        var loop = new AcceptLoop(
            listening.Listener, listening.Gates, connection => OnAccepted(connection, listening), _table.Released, _trouble,
            _options.TimeProvider, _options.Random, _logger);
        listening.Standing = loop.Standing;
        listening.Accepting = _scheduler.Start(() => loop.RunAsync(listening.Ending));
    }

    /// <summary>Metrics know it no more.</summary>
    private static void Forget(Listening listening)
    {
        if (listening.Gauge is { } gauge)
            ServerObservables.Remove(gauge);
    }

    private static string PipelineOf(Listening listening)
    {
        var options = listening.Plan.Options;
        return string.Join(" -> ", options.MiddlewareInOrder.Select(m => m.Name).Append(options.HandlerName));
    }

    private void OnAccepted(ConnectionContext accepted, Listening listening)
    {
        var options = _options;
        var connection = new ServerConnection(accepted, listening, _table, _history, _scheduler, options.TimeProvider, _logger);
        listening.OnAccepted();
        // With places, who is one too many is in the table too, and waits.
        var most = options.AtMaxConnections == LimitAction.LeaveInBacklog ? int.MaxValue : options.MaxConnections;
        if (_table.TryAdd(connection, most))
        {
            try
            {
                Volatile.Write(ref _rejecting, 0);
                BeginToServe(accepted, connection);
            }
            catch
            {
                connection.GiveUp(); // A place that is never given back would be missing for ever.
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

    private void BeginToServe(ConnectionContext accepted, ServerConnection connection)
    {
        var listening = connection.Listening;
        connection.Enter();
        connection.Adopt(listening.Plan); // A reload between may have missed it.
        connection.StartWatch();
        _loadWatch!.Start();
        if (listening.Plan.Timeouts is { Timeouts.AnyNeedsBytes: true } && !ConnectionWatch.Counts(accepted)
            && !Interlocked.Exchange(ref _saidUncounted, true))
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
        connection.Remember(reason);
        ServerMetrics.OnClosed(connection.Listening, reason, duration: null);
        connection.Listening.OnClosed(accepted);
    }

    private void OnPlacesTaken()
    {
        ServerMetrics.OnHeld(MetricTags.Limit("MaxConnections"));
        if (_waitingPace.TryTell(out _))
            LogLeavingInBacklog(_options.MaxConnections);
    }
}
