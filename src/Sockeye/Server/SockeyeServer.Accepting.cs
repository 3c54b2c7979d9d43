using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>From a listener to a handler that runs, or to a client that is refused.</summary>
public sealed partial class SockeyeServer
{
    private IReadOnlyList<IAcceptGate> GatesOf(ListenOptions listen) =>
        _places is null ? listen.Gates : [_places, .. listen.Gates];

    private Task AcceptAsync(Listening listening)
    {
        LogListening(
            listening.Listener.EndPoint,
            string.Join(" -> ", listening.Options.MiddlewareInOrder.Select(m => m.Name).Append("handler")));
        var loop = new AcceptLoop(
            listening.Listener, listening.Gates, connection => OnAccepted(connection, listening), _table.Released, _trouble,
            _options.TimeProvider, _options.Random, _logger);
        listening.Standing = loop.Standing;
        return _scheduler.Start(() => loop.RunAsync(_stopping.Token));
    }

    private void OnAccepted(ConnectionContext accepted, Listening listening)
    {
        listening.OnAccepted();
        var connection = new ServerConnection(
            accepted, listening, _table, _history, _scheduler, _options.TimeProvider, _logger);
        // With places, who is one too many is in the table too, and waits.
        if (_table.TryAdd(connection, _places is null ? _options.MaxConnections : int.MaxValue))
        {
            Volatile.Write(ref _rejecting, 0);
            connection.Enter();
            connection.StartWatch();
            _loadWatch.Start();
            if (listening.Timeouts is { Timeouts.AnyNeedsBytes: true } && !ConnectionWatch.Counts(accepted)
                && !Interlocked.Exchange(ref _saidUncounted, true))
            {
                LogUncounted(_options.Transport.GetType().Name);
            }

            _scheduler.Schedule(static connection => ((ServerConnection)connection!).Run(), connection);
            return;
        }

        ServerMetrics.Rejected.Add(1, new KeyValuePair<string, object?>("limit", "MaxConnections"));
        if (Interlocked.Exchange(ref _rejecting, 1) == 0)
        {
            var fate = _options.AtMaxConnections == LimitAction.Reset ? "is reset" : "is told so and closed";
            LogRejecting(_options.MaxConnections, accepted.RemoteEndPoint, fate);
        }

        _ = RefuseAsync(accepted, connection);
    }

    private async Task RefuseAsync(ConnectionContext accepted, ServerConnection connection)
    {
        var description = $"the server has its {_options.MaxConnections} connections (MaxConnections)";
        var reason = CloseReason.Refused(CloseCause.Limit, description);
        await _refusal.EndAsync(accepted, _options.AtMaxConnections, reason);
        await accepted.DisposeAsync();
        connection.Remember(reason);
        ServerMetrics.OnClosed(connection.Listening, reason, duration: null);
        connection.Listening.OnClosed(accepted);
    }

    private void OnPlacesTaken()
    {
        ServerMetrics.Held.Add(1, new KeyValuePair<string, object?>("limit", "MaxConnections"));
        if (_waitingPace.TryTell(out _))
            LogLeavingInBacklog(_options.MaxConnections);
    }
}
