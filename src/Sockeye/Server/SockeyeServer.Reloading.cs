namespace Sockeye;

/// <summary>Other options while the server runs: all of them, or none.</summary>
public sealed partial class SockeyeServer
{
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
    /// Continues with other options. An endpoint that stays keeps its socket and the clients in its accept queue, and new clients
    /// are served by the new options. New endpoints are bound. Other endpoints are unbound, and their handlers are asked to
    /// finish (<c>connection.StopRequested</c>) within the new <see cref="SockeyeServerOptions.ShutdownTimeout"/>; the task does
    /// not wait for them. If anything fails, the server continues unchanged.
    /// </summary>
    /// <remarks>
    /// <para>An endpoint is the same if its address is, as it was asked for (so port 0 stays) or as it was bound. Connections of
    /// endpoints that stay keep their handlers, middleware and timeouts, and count in the new limits on open connections. Limits
    /// on the rate of new connections start over.</para>
    /// <para>Options that are not set keep their values: the transport, the clock, randomness, services, log and history. It is
    /// an error to set another transport, clock, log or history. Reloads run one after the other. Safe for concurrent
    /// callers.</para>
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
        var before = _listeners.Active;
        var diff = new ListenerDiff(before, options.Endpoints);
        diff.ThrowIfInConflict();
        var permits = _context.Limit.CreatePermits(options);
        var configurations = CreateConfigurations(options, permits);
        options.MarkStarted();
        foreach (var dead in diff.Removed.Where(listener => listener.HasEnded))
            await dead.StopAcceptingAsync(); // It accepts no clients: its socket may be in the way of a new one.
        var added = await BindAsync(options, configurations, diff.Added, cancellationToken);

        // From here on nothing fails: where other code is called, what it throws is logged.
        var kept = before.Except(diff.Removed).ToList();
        Reconfigure(options, permits, diff, configurations);
        // In the order of the options.
        var byOptions = added.Concat(kept).ToLookup(listener => listener.Configuration.Options);
        _listeners.Replace([.. options.Endpoints.SelectMany(listen => byOptions[listen])]);
        EndPoints = GetEndPoints(_listeners.Active);
        foreach (var listener in kept)
            LogKept(listener.EndPoint, DescribePipeline(listener));
        added.ForEach(Start);
        await Task.WhenAll(diff.Removed.Select(listener => listener.StopAcceptingAsync()));
        foreach (var listener in diff.Removed)
            listener.Draining = DrainAsync(listener, options.ShutdownTimeout);
        LogReloaded(added.Count, kept.Count, diff.Removed.Count);
        return new(GetEndPoints(added), GetEndPoints(kept), GetEndPoints(diff.Removed));
    }

    /// <summary>New clients get the new configurations, and limits that count open connections count all of them.</summary>
    private void Reconfigure(
        SockeyeServerOptions options,
        AcceptPermits? permits,
        ListenerDiff diff,
        Dictionary<ListenOptions, ListenerConfiguration> configurations)
    {
        var next = diff.Removed.Concat(_listeners.Draining).ToDictionary(
            listener => listener, listener => listener.Configuration.WithoutEndpointLimits(permits));
        foreach (var listen in options.Endpoints)
        {
            foreach (var kept in diff.GetKept(listen))
                next.Add(kept, configurations[listen]);
        }

        var replaced = next.Keys.SelectMany(listener => listener.Configuration.Gates).Distinct().ToList();
        TransferAll(); // Before new clients count: open connections have their permits first.
        _options = options;
        _context.Limit.Change(options);
        foreach (var (listener, configuration) in next)
            listener.Reconfigure(configuration);
        TransferAll(); // Those accepted in between. A later one of the previous configuration transfers itself.
        foreach (var gate in replaced)
            gate.ReleaseWaiters();

        void TransferAll()
        {
            foreach (var (listener, configuration) in next)
                listener.TransferConnections(configuration);
        }
    }

    /// <summary>Lets the handlers of a removed endpoint finish. Only a stop awaits it, and supersedes it.</summary>
    private Task DrainAsync(ActiveListener listener, TimeSpan timeout) => _logger.GuardAsync(
        "draining", listener.EndPoint, async () =>
        {
            LogRemoved(listener.EndPoint, listener.OpenCount, timeout);
            var drain = new ListenerDrain(
                [listener], CreateRemovalReason(new("its endpoint was removed")),
                CreateRemovalReason(DescribeOverdue(timeout, "its endpoint was removed")), _context);
            if (await drain.RunAsync(timeout, _stopping.Token) is not { } result)
                return;
            _listeners.Remove(listener);
            LogDrained(listener.EndPoint, result.Drained, result.Aborted, result.CutShort);
        });

    private static CloseReason CreateRemovalReason(Explanation explanation) =>
        new(ClosedBy.Local, CloseCause.Stop, CloseDirection.Output, explanation);
}
