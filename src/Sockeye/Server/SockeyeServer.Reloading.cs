namespace Sockeye;

/// <summary>Reloads: the server continues with new options, with all of them or none.</summary>
public sealed partial class SockeyeServer
{
    /// <inheritdoc cref="ReloadAsync(SockeyeServerOptions, CancellationToken)"/>
    /// <param name="configure">Sets the endpoints and the other options. The options that it gets are new, except for those that
    /// keep their values.</param>
    /// <param name="cancellationToken">Cancels the reload until all endpoints are bound; later, it does nothing.</param>
    public Task<ReloadResult> ReloadAsync(
        Action<SockeyeServerOptions> configure, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SockeyeServerOptions();
        options.InheritFrom(_configuration);
        configure(options);
        return ReloadAsync(options, cancellationToken);
    }

    /// <summary>
    /// Continues with new options. An endpoint that stays keeps its socket and the clients in its accept queue, and the new
    /// options apply to new clients. New endpoints are bound. Other endpoints are unbound, and their handlers are signalled to
    /// finish (<c>connection.StopRequested</c>) within the new <see cref="SockeyeServerOptions.ShutdownTimeout"/>; the task does
    /// not wait for them. If anything fails, the server continues unchanged.
    /// </summary>
    /// <remarks>
    /// <para>An endpoint stays if its requested address (so port 0 stays) or its bound address is the same. Connections of
    /// endpoints that stay keep their handlers, middleware and timeouts, and count in the new limits on open connections. Limits
    /// on the rate of new connections start over.</para>
    /// <para>The following options keep their values unless they are set: <see cref="SockeyeServerOptions.Transport"/>,
    /// <see cref="SockeyeServerOptions.TimeProvider"/>, <see cref="SockeyeServerOptions.LoggerFactory"/>,
    /// <see cref="SockeyeServerOptions.MaxClosedHistory"/>, <see cref="SockeyeServerOptions.Random"/> and
    /// <see cref="SockeyeServerOptions.ApplicationServices"/>. The first four cannot change: another value is an error. All
    /// other options that are not set have their defaults. Reloads run one after the other. Safe for concurrent
    /// callers.</para>
    /// </remarks>
    /// <param name="options">The options, which the server seals before it binds. Those of a started server, or of a reload that
    /// could not bind, cannot be used again.</param>
    /// <param name="cancellationToken">Cancels the reload until all endpoints are bound; later, it does nothing.</param>
    /// <exception cref="InvalidOperationException">The options are invalid, or the server is stopped; the message says what to
    /// change.</exception>
    /// <exception cref="IOException">The server cannot listen on an address; the message says why (<c>AddressInUseException</c>
    /// if it is in use).</exception>
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
        options.ThrowIfTaken();
        options.InheritFrom(_configuration);
        var configuration = ServerConfiguration.Create(options);
        _configuration.ThrowIfCannotChangeTo(configuration);
        if (options.Handover is { } handover && handover.Path != _handover?.Path)
        {
            throw new InvalidOperationException(
                "The path of UseTakeover cannot change while a server runs: leave it out of the reload's options, or restart.");
        }

        ListenValidation.ThrowIfInvalid(configuration.Endpoints);
        var before = _listeners.Active;
        var diff = new ListenerDiff(before, configuration.Endpoints);
        diff.ThrowIfInConflict();
        var permits = _context.Limit.CreatePermits(configuration);
        var listeners = Build(configuration, permits);
        options.Seal();
        foreach (var dead in diff.Removed.Where(listener => listener.AcceptsNoMore))
            await dead.StopAcceptingAsync(); // It accepts no clients, and its socket may prevent the bind of a new one.
        using var inherited = configuration.InheritedSource?.Match(diff.Added, GetEndPoints(before));
        var added = await BindAsync(configuration, listeners, diff.Added, inherited, cancellationToken);

        // The rest does not fail: exceptions of foreign code are logged.
        var kept = before.Except(diff.Removed).ToList();
        Reconfigure(configuration, permits, diff, listeners);
        // In the order of the options.
        var byOptions = added.Concat(kept).ToLookup(listener => listener.Configuration.Options);
        _listeners.Replace([.. configuration.Endpoints.SelectMany(listen => byOptions[listen])]);
        EndPoints = GetEndPoints(_listeners.Active);
        foreach (var listener in kept)
            LogKept(listener.EndPoint, DescribePipeline(listener));
        added.ForEach(Start);
        await Task.WhenAll(diff.Removed.Select(listener => listener.StopAcceptingAsync()));
        foreach (var listener in diff.Removed)
            listener.Draining = DrainAsync(listener, configuration.ShutdownTimeout);
        LogReloaded(added.Count, kept.Count, diff.Removed.Count);
        return new(GetEndPoints(added), GetEndPoints(kept), GetEndPoints(diff.Removed));
    }

    /// <summary>Applies the new configurations to new clients, and counts all open connections in the new limits.</summary>
    private void Reconfigure(
        ServerConfiguration configuration,
        AcceptPermits? permits,
        ListenerDiff diff,
        Dictionary<ListenOptions, ListenerConfiguration> listeners)
    {
        var next = diff.Removed.Concat(_listeners.Draining).ToDictionary(
            listener => listener, listener => listener.Configuration.CreateForRemovedEndpoint(permits));
        foreach (var listen in configuration.Endpoints)
        {
            foreach (var kept in diff.GetKept(listen))
                next.Add(kept, listeners[listen]);
        }

        var replaced = next.Keys.SelectMany(listener => listener.Configuration.Gates).Distinct().ToList();
        TransferAll(); // Before new clients count, so that open connections get their permits first.
        _configuration = configuration;
        _context.Limit.Change(configuration);
        foreach (var (listener, settings) in next)
            listener.Reconfigure(settings);
        TransferAll(); // Those accepted in between. A later one of the previous configuration transfers itself.
        foreach (var gate in replaced)
            gate.ReleaseWaiters();

        void TransferAll()
        {
            foreach (var (listener, settings) in next)
                listener.TransferConnections(settings);
        }
    }

    /// <summary>Lets the handlers of a removed endpoint finish. Only a stop awaits the task, and supersedes the drain.</summary>
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
