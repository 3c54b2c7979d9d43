using System.Net;

namespace Sockeye;

/// <summary>Other options while the server runs: all of them, or none.</summary>
public sealed partial class SockeyeServer
{
    private readonly Turn _changing = new();

    /// <inheritdoc cref="ReloadAsync(SockeyeServerOptions, CancellationToken)"/>
    /// <param name="configure">Given new options in which only what cannot change is set already.</param>
    /// <param name="cancellationToken">Until all is bound it gives the reload up; afterwards it does nothing.</param>
    public Task<ReloadResult> ReloadAsync(
        Action<SockeyeServerOptions> configure, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SockeyeServerOptions();
        options.Continue(_options);
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
        await _changing.WaitAsync(cancellationToken);
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
            _changing.Release();
        }
    }

    private async Task<ReloadResult> ReloadCoreAsync(SockeyeServerOptions options, CancellationToken cancellationToken)
    {
        options.Continue(_options);
        ListenCheck.ThrowIfWrong(options.Listens);
        var match = new ListenMatch(_listening, options.Listens);
        match.ThrowIfInTheWay();
        var places = PlacesOf(options);
        var plans = PlansOf(options, places);
        options.OnStarting();
        foreach (var dead in match.Removed.Where(listening => listening.HasEnded))
            await dead.EndAsync(_logger); // Nobody is served there: its socket may be in the way of a new one.
        var binder = new Binder(options.Transport, plans, _logger, _stopping.Token);
        var added = await binder.BindAllAsync(match.Added, cancellationToken);

        // From here on nothing fails: where other code is called, what it throws is logged.
        var kept = _listening.Except(match.Removed).ToList();
        ChangePlans(options, places, match, plans);
        // In the order of the options.
        var byOptions = added.Concat(kept).ToLookup(listening => listening.Plan.Options);
        _listening = [.. options.Listens.SelectMany(listen => byOptions[listen])];
        EndPoints = EndPointsOf(_listening);
        ReadLoadAnew();
        foreach (var listening in kept)
            LogKept(listening.Listener.EndPoint, PipelineOf(listening));
        added.ForEach(Begin);
        await Task.WhenAll(match.Removed.Select(listening => listening.EndAsync(_logger)));
        foreach (var listening in match.Removed)
            BeginDrain(listening, options.ShutdownTimeout);
        LogReloaded(added.Count, kept.Count, match.Removed.Count);
        return new(EndPointsOf(added), EndPointsOf(kept), EndPointsOf(match.Removed));
    }

    /// <summary>New clients get the new plans, and limits that count open connections know them all.</summary>
    private void ChangePlans(
        SockeyeServerOptions options, AcceptPlaces? places, ListenMatch match, Dictionary<ListenOptions, ListenPlan> plans)
    {
        var next = match.Removed.Concat(_drains.Keys).ToDictionary(
            listening => listening, listening => listening.Plan.Farewell(places));
        foreach (var listen in options.Listens)
        {
            foreach (var kept in match.Kept(listen))
                next.Add(kept, plans[listen]);
        }

        var retired = next.Keys.SelectMany(listening => listening.Plan.Gates).Distinct().ToList();
        Adopt(next); // Before new clients count: who is there has a place before them.
        _options = options;
        foreach (var (listening, plan) in next)
            listening.Change(plan);
        Adopt(next); // Who came between. Who comes now by the plan before sees this one itself.
        foreach (var gate in retired)
            gate.Retire();
    }

    private void Adopt(Dictionary<Listening, ListenPlan> plans)
    {
        foreach (var connection in _table.InOrder())
        {
            if (plans.TryGetValue(connection.Listening, out var plan))
                connection.Adopt(plan);
        }
    }

    private static IReadOnlyList<EndPoint> EndPointsOf(IEnumerable<Listening> listenings) =>
        [.. listenings.Select(listening => listening.Listener.EndPoint)];
}
