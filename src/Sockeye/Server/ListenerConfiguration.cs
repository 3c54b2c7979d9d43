using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The configuration of a listener for new clients. Immutable: a reload replaces it.</summary>
/// <param name="Options">The endpoint, sealed.</param>
/// <param name="Pipeline">The middleware and the handler.</param>
/// <param name="Gates">Decide when the next client is accepted. The gate of the server comes first.</param>
/// <param name="Counters">The limits in the pipeline that count open connections.</param>
/// <param name="Timeouts">The timeouts of connections; null if all are off.</param>
internal sealed record ListenerConfiguration(
    ListenOptions Options,
    ConnectionDelegate Pipeline,
    IReadOnlyList<IAcceptGate> Gates,
    IReadOnlyList<IConnectionCounter> Counters,
    TimeoutMonitorSettings? Timeouts)
{
    /// <summary>The middleware in order, with arguments.</summary>
    public IReadOnlyList<string> MiddlewareNames { get; } = [.. Options.Middleware.Select(middleware => middleware.Name)];

    /// <summary>Builds the pipeline of an endpoint.</summary>
    /// <param name="listen">The endpoint.</param>
    /// <param name="timeouts">The timeouts of the server, sealed.</param>
    /// <param name="server">The objects of the running server.</param>
    /// <param name="permits">The gate of the server; null if the server refuses excess clients.</param>
    public static ListenerConfiguration Create(
        ListenOptions listen, ConnectionTimeouts timeouts, ServerContext server, AcceptPermits? permits)
    {
        var context = new PipelineContext(listen, server);
        var pipeline = listen.Build(context);
        timeouts = listen.ApplyTimeoutChanges(timeouts);
        return new(
            listen, pipeline, permits is null ? context.Gates : [permits, .. context.Gates], context.Counters,
            timeouts.IsAnyEnabled ? new(timeouts, server.Timer) : null);
    }

    /// <summary>Returns the configuration of an endpoint that a reload removed: its open connections count only in the limit of
    /// the server.</summary>
    public ListenerConfiguration CreateForRemovedEndpoint(AcceptPermits? permits) =>
        this with { Gates = permits is null ? [] : [permits], Counters = [] };
}
