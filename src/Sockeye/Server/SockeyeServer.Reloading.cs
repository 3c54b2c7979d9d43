using System.Net;

namespace Sockeye;

/// <summary>Other options while the server runs: all of them, or none.</summary>
public sealed partial class SockeyeServer
{
    private readonly AsyncLock _reloadLock = new();

    /// <inheritdoc cref="ReloadAsync(SockeyeServerOptions, CancellationToken)"/>
    /// <param name="configure">Given new options in which only what cannot change is set already.</param>
    /// <param name="cancellationToken">Until all is bound it gives the reload up; afterwards it does nothing.</param>
    public Task<ReloadResult> ReloadAsync(
        Action<SockeyeServerOptions> configure, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SockeyeServerOptions();
        options.InheritFrom(_options);
        configure(options);
        return ReloadAsync(options, cancellationToken);
    }

    /// <summary>
    /// Goes on with other options. An endpoint that stays keeps its socket and who waits there, and new clients get what the
    /// new options say; new endpoints are bound; the others are unbound, and their handlers told to finish
    /// (<c>connection.StopRequested</c>) within the new <see cref="SockeyeServerOptions.ShutdownTimeout"/>, for which nobody
    /// waits here. If anything fails, the server runs on as it was.
    /// </summary>
    /// <remarks>
    /// <para>An endpoint is the same if its address is, as it was asked for (so port 0 stays) or as it was bound. Connections of
    /// endpoints that stay keep their handlers, middleware and timeouts, and count in the new limits on open connections. Rates
    /// of new connections begin anew.</para>
    /// <para>What is not set goes on: the transport, the clock, chance, services, log and history; setting another transport,
    /// clock, log or history is an error. Reloads come one after the other. Safe from many callers.</para>
    /// </remarks>
    /// <param name="options">New ones: those of a server that was started, or a reload that failed to bind, are used up.</param>
    /// <param name="cancellationToken">Until all is bound it gives the reload up; afterwards it does nothing.</param>
    /// <exception cref="InvalidOperationException">The options are wrong, or the server is stopped; the message says what to
    /// change.</exception>
    /// <exception cref="IOException">An address cannot be listened on; the message says why (<c>AddressInUseException</c> where
    /// it is in use).</exception>
    public async Task<ReloadResult> ReloadAsync(SockeyeServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await _reloadLock.AcquireAsync(cancellationToken);
        try
        {
            lock (_stopLock)
            {
                if (_stop is not null)
                    throw new InvalidOperationException("The server has been stopped: start another one with these options.");
            }

            return await ReloadCoreAsync(options, cancellationToken);
        }
        finally
        {
            _reloadLock.Release();
        }
    }

    private async Task<ReloadResult> ReloadCoreAsync(SockeyeServerOptions options, CancellationToken cancellationToken)
    {
        options.InheritFrom(_options);
        ListenValidation.ThrowIfInvalid(options.Endpoints);
        var match = new ListenerDiff(_listeners, options.Endpoints);
        match.ThrowIfInConflict();
        var permits = CreatePermits(options);
        var configurations = CreateConfigurations(options, permits);
        options.MarkStarted();
        foreach (var dead in match.Removed.Where(listener => listener.HasEnded))
            await dead.StopAcceptingAsync(_logger); // Nobody is served there: its socket may be in the way of a new one.
        var binder = new ListenerBinder(options.Transport, configurations, _logger, _stopping.Token);
        var added = await binder.BindAllAsync(match.Added, cancellationToken);

        // From here on nothing fails: where other code is called, what it throws is logged.
        var kept = _listeners.Except(match.Removed).ToList();
        Reconfigure(options, permits, match, configurations);
        // In the order of the options.
        var byOptions = added.Concat(kept).ToLookup(listener => listener.Configuration.Options);
        _listeners = [.. options.Endpoints.SelectMany(listen => byOptions[listen])];
        EndPoints = GetEndPoints(_listeners);
        ReplaceLoadReader();
        foreach (var listener in kept)
            LogKept(listener.Listener.EndPoint, DescribePipeline(listener));
        added.ForEach(StartAccepting);
        await Task.WhenAll(match.Removed.Select(listener => listener.StopAcceptingAsync(_logger)));
        foreach (var listener in match.Removed)
            StartDrain(listener, options.ShutdownTimeout);
        LogReloaded(added.Count, kept.Count, match.Removed.Count);
        return new(GetEndPoints(added), GetEndPoints(kept), GetEndPoints(match.Removed));
    }

    /// <summary>New clients get the new configurations, and limits that count open connections know them all.</summary>
    private void Reconfigure(
        SockeyeServerOptions options,
        AcceptPermits? permits,
        ListenerDiff match,
        Dictionary<ListenOptions, ListenerConfiguration> configurations)
    {
        var next = match.Removed.Concat(_drains.Keys).ToDictionary(
            listener => listener, listener => listener.Configuration.WithoutEndpointLimits(permits));
        foreach (var listen in options.Endpoints)
        {
            foreach (var kept in match.GetKept(listen))
                next.Add(kept, configurations[listen]);
        }

        var retired = next.Keys.SelectMany(listener => listener.Configuration.Gates).Distinct().ToList();
        TransferConnections(next); // Before new clients count: who is there has a place before them.
        _options = options;
        foreach (var (listener, configuration) in next)
            listener.Reconfigure(configuration);
        TransferConnections(next); // Who came between. Who comes now by the configuration before sees this one itself.
        foreach (var gate in retired)
            gate.ReleaseWaiters();
    }

    private void TransferConnections(Dictionary<ActiveListener, ListenerConfiguration> configurations)
    {
        foreach (var connection in _table.InOrder())
        {
            if (configurations.TryGetValue(connection.Listener, out var configuration))
                connection.TransferTo(configuration);
        }
    }

    private static IReadOnlyList<EndPoint> GetEndPoints(IEnumerable<ActiveListener> listeners) =>
        [.. listeners.Select(listener => listener.Listener.EndPoint)];
}
